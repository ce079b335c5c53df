import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";
import { type BlockingFrame, blockingStack, type CpuProfile, describeBlocking } from "./blocking-profile.ts";
import type { WatchdogData, WatchdogMessage } from "./blocking-watchdog.ts";

const { beat, beatMs, thresholdMs, stderrAfterMs } = workerData as WatchdogData;
const lastBeat = new BigInt64Array(beat);
const sampleEveryUs = 5_000;
/** What is seen in this time names the function; sampling an endless loop for ever would only fill the memory. */
const longestSamplingMs = 1_000;

/** One time of being late. */
interface Block {
  /** The heartbeat before it. */
  readonly since: bigint;
  readonly stack: PromiseWithResolvers<readonly BlockingFrame[]>;
  session: Session | undefined;
  isTold: boolean;
}

let block: Block | undefined;
let timer: NodeJS.Timeout;
/** When the next look is due. */
let dueAt = process.hrtime.bigint();

const ms = (from: bigint, to: bigint): number => Number(to - from) / 1e6;
const tell = (message: WatchdogMessage): void => parentPort!.postMessage(message);

function look(): void {
  const now = process.hrtime.bigint();
  const asleepMs = ms(dueAt, now);
  const since = Atomics.load(lastBeat, 0);
  if (block !== undefined && block.since !== since) {
    end(block, since);
    block = undefined;
  }
  const lateMs = ms(since, now) - beatMs;
  // Where this thread was late too, the process was suspended, or the machine has no time for it.
  if (block === undefined && lateMs >= thresholdMs / 2 && asleepMs < thresholdMs / 2) block = begin(since);
  // While all is well, not before the present heartbeat could be old enough.
  lookIn(block === undefined ? Math.max(1, thresholdMs / 2 - lateMs) : beatMs, now);
  if (block === undefined) return;
  if (lateMs >= thresholdMs / 2 + longestSamplingMs) stopSampling(block, now);
  if (lateMs >= stderrAfterMs && !block.isTold) {
    block.isTold = true;
    stopSampling(block, now);
    void block.stack.promise.then((stack) =>
      write(`The event loop has been blocked for ${Math.round(lateMs)} ms by ${describeBlocking(stack)}\n`),
    );
  }
}

/** A full pipe or disk, or a reader that is gone, loses the line; the watch goes on. */
function write(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // There is nowhere else to say so.
  }
}

function lookIn(delayMs: number, now: bigint): void {
  dueAt = now + BigInt(Math.ceil(delayMs * 1e6));
  timer = setTimeout(look, delayMs);
}

function begin(since: bigint): Block {
  Atomics.store(lastBeat, 1, 1n);
  const session = new Session();
  session.connectToMainThread();
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: sampleEveryUs });
  session.post("Profiler.start");
  return { since, stack: Promise.withResolvers(), session, isTold: false };
}

/** Once for a block; the main thread's answer comes when it comes. */
function stopSampling(stopped: Block, until: bigint): void {
  const { session, stack } = stopped;
  if (session === undefined) return;
  stopped.session = undefined;
  session.post("Profiler.stop", (error, reply) => {
    session.disconnect();
    Atomics.store(lastBeat, 1, 0n);
    stack.resolve(error ? [] : blockingStack(reply.profile as CpuProfile, Number(until / 1_000n)));
  });
}

function end(ended: Block, until: bigint): void {
  stopSampling(ended, until);
  const blockedMs = ms(ended.since, until) - beatMs;
  if (blockedMs >= thresholdMs)
    void ended.stack.promise.then((stack) => tell({ kind: "blocked", blockedMs, stack }));
}

look();
parentPort!.once("message", () => {
  clearTimeout(timer);
  block?.session?.disconnect();
  parentPort!.close();
});
tell({ kind: "ready" });
