/** Entry point of an arm's child process: answers the parent's requests and leaves when the parent goes. */
// Before the watchdog's thread. Else V8 never gets Node's context frames compiled: it gives up each time for a
// `StableMapDependency`, and AsyncLocalStorage takes three to six times as long in arms as it does elsewhere.
import "node:async_hooks";
import type { Arm, ArmSetup } from "./arm.ts";
import type { ArmReply, ArmRequest } from "./arm-protocol.ts";
import { watchParent } from "./arm-watchdog.ts";

/** Begun before any of the arm's code can run, which may never yield. */
const watched = watchParent();

let arm: Arm | undefined;

/** Finest step that the clock shows, a read's own cost included, in nanoseconds. */
function timerResolutionNs(): number {
  let finest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 1000; i++) {
    const start = process.hrtime.bigint();
    let end = process.hrtime.bigint();
    while (end === start) end = process.hrtime.bigint();
    finest = Math.min(finest, Number(end - start));
  }
  return finest;
}

async function setup(request: Extract<ArmRequest, { type: "setup" }>): Promise<ArmReply> {
  await watched;
  const exports: Record<string, unknown> = await import(request.module);
  const make = exports[request.exportName];
  if (typeof make !== "function")
    throw new TypeError(
      `${request.module}: expected an exported function "${request.exportName}", found ${typeof make}`,
    );
  const made: unknown = await (make as ArmSetup)(request.args);
  if (typeof made !== "object" || made === null || typeof (made as Partial<Arm>).run !== "function")
    throw new TypeError(
      `${request.module}: expected "${request.exportName}" to return an object with a method "run"`,
    );
  arm = made as Arm;
  return { type: "ready", timerNs: timerResolutionNs() };
}

async function round(live: Arm, count: number): Promise<ArmReply> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const pending = live.run(count);
  // A synchronous arm isn't charged for a turn of the microtask queue.
  if (pending !== undefined) await pending;
  const wallNs = Number(process.hrtime.bigint() - start);
  const { user, system } = process.cpuUsage(cpu);
  // A round always costs something, even where the counter has not moved; a ratio needs figures above 0.
  return { type: "round", wallNs, cpuNs: Math.max(1, user + system) * 1000 };
}

async function finish(live: Arm): Promise<ArmReply> {
  const answer = await live.answer?.();
  const counters = (await live.counters?.()) ?? {};
  await live.close?.();
  return { type: "finished", answer, counters };
}

async function reply(request: ArmRequest): Promise<ArmReply> {
  if (request.type === "setup") return await setup(request);
  if (!arm) throw new Error("the arm was not set up");
  return request.type === "round" ? await round(arm, request.count) : await finish(arm);
}

function failure(error: unknown): ArmReply {
  if (!(error instanceof Error)) return { type: "failed", message: String(error), stack: undefined };
  return { type: "failed", message: error.message, stack: error.stack };
}

/** Sends, and tells of what can't be sent (a function in an answer, say) instead of dying of it. */
function send(message: ArmReply): void {
  const last = message.type === "finished";
  try {
    // The child leaves first: `close` is not emitted in a parent that disconnects.
    process.send?.(message, undefined, undefined, () => last && process.disconnect());
  } catch (error) {
    process.send?.(failure(error));
  }
}

process.on("message", (request: ArmRequest) => {
  reply(request).then(send, (error: unknown) => send(failure(error)));
});
process.on("uncaughtException", (error) => send(failure(error)));
// Ctrl-C reaches the whole foreground group; the parent decides when its children stop, and keeps what they have.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
