import { extname } from "node:path";
import type { EventLoopUtilization } from "node:perf_hooks";
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
  receiveMessageOnPort,
  type Transferable,
  Worker,
} from "node:worker_threads";
import type { FromThread, ThreadData, ToThread } from "./worker-protocol.ts";

/** What a pool is told by one of its threads. After `exited` nothing more comes. */
export interface ThreadEvents {
  received(message: FromThread): void;
  /** A message came that can't be read, such as a value that is nested deeper than this thread's stack. */
  unreadable(error: unknown): void;
  /** @param error what ended it, if that was an uncaught exception or want of memory */
  exited(exitCode: number | undefined, error: unknown): void;
}

/** A thread as its pool sees it; a simulated one in tests. */
export interface Thread {
  /** @throws {DOMException} `DataCloneError` when something can't be copied; nothing is sent or moved then */
  post(message: ToThread, transfer?: readonly Transferable[]): void;
  /** Whether the thread keeps the process alive. */
  keepAlive(yes: boolean): void;
  /** Ends it, whatever it does. Only native code that runs in it can delay that. */
  terminate(): Promise<unknown>;
  /** Milliseconds that it was active and idle, since its start. */
  utilization(): Pick<EventLoopUtilization, "active" | "idle">;
}

/** @throws whatever `new Worker` does */
export type StartThread = (slots: SharedArrayBuffer, events: ThreadEvents) => Thread;

/** How the threads of one pool are started. */
export interface ThreadOptions {
  readonly name: string;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv | undefined;
}

/** This file's own extension: `.ts` from source, `.js` when built. */
const entry = new URL(`./worker-entry${extname(import.meta.url)}`, import.meta.url);

/** `--input-type` is for programs given as text; with it a thread, which is a file, doesn't start. */
const isGivenAsText = process.execArgv.some((flag) => flag.startsWith("--input-type"));

/** Starts real threads. They keep the process alive until told otherwise. */
export function threadStarter({ name, resourceLimits, env, ...options }: ThreadOptions): StartThread {
  const execArgv = options.execArgv ?? (isGivenAsText ? [] : undefined);
  return (slots, events) => {
    const { port1, port2 } = new MessageChannel();
    const workerData: ThreadData = { port: port2, slots };
    let worker: Worker;
    try {
      worker = new Worker(entry, {
        name,
        workerData,
        transferList: [port2],
        ...(resourceLimits !== undefined && { resourceLimits }),
        ...(execArgv !== undefined && { execArgv: [...execArgv] }),
        ...(env !== undefined && { env }),
      });
    } catch (error) {
      // A port that nobody closes stays for ever.
      port1.close();
      throw error;
    }
    let failure: unknown;
    port1.on("message", events.received);
    port1.on("messageerror", events.unreadable);
    port1.unref();
    worker.on("error", (error) => {
      failure = error;
    });
    worker.on("exit", (exitCode) => {
      // What it had sent may not have been delivered yet, and must not be lost.
      while (receiveLast(port1, events));
      port1.close();
      events.exited(exitCode, failure);
    });
    return {
      post: (message, transfer) => port1.postMessage(message, transfer ?? []),
      keepAlive: (yes) => (yes ? worker.ref() : worker.unref()),
      terminate: () => worker.terminate(),
      utilization: () => worker.performance.eventLoopUtilization(),
    };
  };
}

/** @returns whether there was a message */
function receiveLast(port: MessagePort, events: ThreadEvents): boolean {
  let last: ReturnType<typeof receiveMessageOnPort>;
  try {
    last = receiveMessageOnPort(port);
  } catch (error) {
    events.unreadable(error);
    return true;
  }
  if (last !== undefined) events.received(last.message);
  return last !== undefined;
}
