import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ProfileTargetError } from "../../errors.ts";
import { InspectorConnection } from "./inspector-connection.ts";
import { checkTarget, listeningPorts } from "./target-process.ts";

/** Node's own, when nothing else is set. */
const defaultPort = 9229;
const openMs = 10_000;
const closeMs = 5_000;
const stepMs = 50;
/** A port that answers nothing is no inspector. */
const probeMs = 5_000;

/** A process' inspector, and whether it was open before. */
export interface AttachedInspector {
  readonly connection: InspectorConnection;
  /** Whether it was opened for this. */
  readonly opened: boolean;
  /** Detaches, and closes the inspector if it was opened for this. Waits until its port is closed. */
  detach(): Promise<void>;
}

/**
 * Connects to the inspector of a Node process of this machine, and has it opened by SIGUSR1 if it isn't yet.
 * @throws {ProfileTargetError} `VICTOR_PROFILE_TARGET`, or what `signal` is aborted with
 */
export async function attachInspector(pid: number, signal: AbortSignal): Promise<AttachedInspector> {
  await checkTarget(pid);
  // By port, and not by who answered: a process may be too busy to answer the first time, and what was open stays open.
  const before = listeningPorts(pid) ?? ((await isOpen(defaultPort)) ? [defaultPort] : []);
  const already = await find(pid, signal);
  if (already !== undefined) return attached(already, false);
  openInspector(pid);
  const until = performance.now() + openMs;
  while (performance.now() < until) {
    // Its own error isn't the reason that was given.
    await sleep(stepMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    await checkTarget(pid);
    const found = await find(pid, signal);
    if (found !== undefined) return attached(found, !before.includes(found.port));
  }
  throw await notOpened(pid);
}

/** Windows has no SIGUSR1; Node's own function does there what the signal does elsewhere. */
function openInspector(pid: number): void {
  if (process.platform === "win32")
    (process as NodeJS.Process & { _debugProcess(pid: number): void })._debugProcess(pid);
  else process.kill(pid, "SIGUSR1");
}

interface FoundInspector {
  readonly connection: InspectorConnection;
  readonly port: number;
}

async function find(pid: number, signal: AbortSignal): Promise<FoundInspector | undefined> {
  for (const port of listeningPorts(pid) ?? [defaultPort]) {
    const url = await socketUrl(port);
    if (url === undefined) continue;
    const connection = await InspectorConnection.open(url, signal);
    // The inspector takes connections also where the process itself, busy outside of JavaScript, answers nothing. One that does
    // answer is told to close it.
    let timer: NodeJS.Timeout | undefined;
    const giveUp = (): void => {
      timer = setTimeout(() => connection.close(), closeMs);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp);
    try {
      // Another process may have the port where the system doesn't say whose it is.
      if ((await connection.evaluate("process.pid")) === pid) return { connection, port };
    } catch (error) {
      connection.close();
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
    connection.close();
  }
  return undefined;
}

/** @returns `undefined` when the port is no inspector's */
async function socketUrl(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`, {
      signal: AbortSignal.timeout(probeMs),
    });
    const list: unknown = await response.json();
    const url = Array.isArray(list)
      ? (list[0] as { webSocketDebuggerUrl?: unknown })?.webSocketDebuggerUrl
      : undefined;
    // What a server answers isn't followed to another place.
    return typeof url === "string" && url.startsWith(`ws://127.0.0.1:${port}/`) ? url : undefined;
  } catch {
    // Whatever it is, it doesn't speak as an inspector does.
    return undefined;
  }
}

function attached({ connection, port }: FoundInspector, opened: boolean): AttachedInspector {
  return {
    connection,
    opened,
    async detach() {
      if (!opened) return connection.close();
      // Closed from a later turn: closing waits until nobody is connected.
      await connection.evaluate(
        `setTimeout((inspector) => inspector.close(), 20, globalThis.process.getBuiltinModule?.("inspector") ?? require("inspector")), 0`,
      );
      connection.close();
      const until = performance.now() + closeMs;
      while (await isOpen(port)) {
        if (performance.now() > until)
          throw new ProfileTargetError(
            "not-listening",
            `the inspector is still open on 127.0.0.1:${port}: the process is too busy to close it`,
          );
        await sleep(stepMs);
      }
    },
  };
}

async function notOpened(pid: number): Promise<ProfileTargetError> {
  const isOurs = listeningPorts(pid)?.includes(defaultPort) ?? false;
  if (!isOurs && (await isOpen(defaultPort)))
    return new ProfileTargetError(
      "port-busy",
      `process ${pid} can't open its inspector: another process has 127.0.0.1:${defaultPort}; close that, or start the program with --inspect-port=0`,
    );
  return new ProfileTargetError(
    "not-listening",
    `process ${pid} didn't open its inspector within ${openMs / 1000} s: it handles SIGUSR1 itself, or is stopped`,
  );
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", answer(true)).once("error", answer(false)).setTimeout(probeMs, answer(false));
  });
}
