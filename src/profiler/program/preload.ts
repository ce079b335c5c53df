/** Loaded into the program with `--require`, before its own code: records the process, or lets it be. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BroadcastChannel,
  getEnvironmentData,
  isMainThread,
  setEnvironmentData,
  threadId,
} from "node:worker_threads";
import {
  launchers,
  mainProcessFile,
  type PreloadSettings,
  type StopRecording,
  settingsVariable,
  stopChannel,
  stopSymbol,
  threadData,
} from "./preload-settings.ts";
import { deoptTraceFile } from "./recorded-thread.ts";
import { ThreadCollector } from "./thread-collector.ts";
import { traceDeopts } from "./trace-deopts.ts";

interface ThreadSettings {
  readonly settings: PreloadSettings;
  /** First a count of ends to wait on; then for each worker thread, by its number, 1 while it is recorded. */
  readonly live: Int32Array<SharedArrayBuffer>;
}

/** Worker threads are given so long to save when the process ends; one that computes can't answer. */
const workersMs = 5000;
const workerCells = 4096;
const endingSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Our listeners: a program that has no others doesn't handle the signal. */
const own = new Set<unknown>();

const text = process.env[settingsVariable];
if (!isMainThread) recordWorker(getEnvironmentData(threadData) as ThreadSettings | undefined);
else if (text !== undefined) recordMain(JSON.parse(text) as PreloadSettings);

function recordMain(settings: PreloadSettings): void {
  if (launchers.test(process.argv[1] ?? "")) return;
  const place = claim(settings.dir);
  process.execArgv.splice(0, settings.hiddenArguments);
  if (!settings.children || place === "none") forget(settings);
  if (place === "none" || (place === "later" && !settings.children)) return;
  if (settings.deopts) traceDeopts(join(settings.dir, deoptTraceFile(process.pid)));
  const live = new Int32Array(new SharedArrayBuffer(4 * (workerCells + 1)));
  setEnvironmentData(threadData, { settings, live } satisfies ThreadSettings);
  // One that was terminated couldn't say so itself.
  process.on("worker", (worker) => {
    const { threadId: id } = worker;
    worker.once("exit", () => noteEnd(live, id));
  });
  const collector = collect(settings);
  process.on("exit", () => {
    collector.finish();
    stopWorkers(live);
  });
  for (const signal of endingSignals) saveOn(signal, collector);
  const stop: StopRecording = (signal) => {
    if (process.listeners(signal).some((listener) => !own.has(listener))) return false;
    collector.finish();
    stopWorkers(live);
    process.removeAllListeners(signal);
    return true;
  };
  Object.defineProperty(globalThis, Symbol.for(stopSymbol), { value: stop });
}

/** @returns whether this process is the first; `none` where nothing can be recorded, as when the profiler has ended meanwhile */
function claim(dir: string): "first" | "later" | "none" {
  try {
    writeFileSync(join(dir, mainProcessFile), String(process.pid), { flag: "wx" });
    return "first";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST" ? "later" : "none";
  }
}

function forget({ nodeOptions }: PreloadSettings): void {
  delete process.env[settingsVariable];
  if (nodeOptions === null) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = nodeOptions;
}

function collect({
  dir,
  intervalUs,
  saveEveryMs,
  allocationIntervalBytes,
}: PreloadSettings): ThreadCollector {
  const collector = new ThreadCollector({ dir, threadId, intervalUs, saveEveryMs, allocationIntervalBytes });
  collector.start();
  return collector;
}

function saveOn(signal: NodeJS.Signals, collector: ThreadCollector): void {
  const listener = (): void => {
    // Gone while the program's own listeners run: some of them end the process only if no others are there.
    process.off(signal, listener);
    if (process.listenerCount(signal) > 0) {
      collector.save();
      setImmediate(() => process.on(signal, listener)).unref();
      return;
    }
    collector.finish();
    process.kill(process.pid, signal);
  };
  own.add(listener);
  process.on(signal, listener);
}

function recordWorker(given: ThreadSettings | undefined): void {
  if (given === undefined) return;
  const { settings, live } = given;
  const collector = collect(settings);
  Atomics.store(live, cellOf(threadId), 1);
  let recording = true;
  const finish = (): void => {
    if (!recording) return;
    recording = false;
    channel.close();
    collector.finish();
    noteEnd(live, threadId);
  };
  const channel = new BroadcastChannel(stopChannel);
  channel.onmessage = finish;
  (channel as BroadcastChannel & { unref(): void }).unref();
  process.on("exit", finish);
}

function cellOf(id: number): number {
  return 1 + (id % workerCells);
}

function noteEnd(live: Int32Array<SharedArrayBuffer>, id: number): void {
  Atomics.store(live, cellOf(id), 0);
  Atomics.add(live, 0, 1);
  Atomics.notify(live, 0);
}

function stopWorkers(live: Int32Array<SharedArrayBuffer>): void {
  const channel = new BroadcastChannel(stopChannel);
  channel.postMessage("stop");
  const until = performance.now() + workersMs;
  for (;;) {
    const ends = Atomics.load(live, 0);
    const ms = until - performance.now();
    if (ms <= 0 || !live.includes(1, 1)) break;
    Atomics.wait(live, 0, ends, ms);
  }
  channel.close();
}
