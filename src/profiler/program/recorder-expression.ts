/**
 * What a process under `--attach` evaluates: counts collections and turns of the event loop without a file, a global or
 * a reference that keeps the process alive. The object that it gives has `stop()`, which undoes all.
 * @param closes whether it closes the inspector, a while after the time is up, if nobody has called `stop()`: the profiler
 *   may have been killed
 */
export function recorderExpression(durationMs: number, closes: boolean): string {
  const leaveAfterMs = closes ? Math.round(durationMs) + graceMs : "undefined";
  return `(${record.toString()})(${leaveAfterMs}, (name) => globalThis.process.getBuiltinModule?.(name) ?? require(name))`;
}

const graceMs = 15_000;

/** Sent as text: it may use nothing from outside itself. */
function record(leaveAfterMs: number | undefined, load: (name: string) => unknown): object {
  const { monitorEventLoopDelay, PerformanceObserver } = load(
    "perf_hooks",
  ) as typeof import("node:perf_hooks");
  const beatMs = 10;
  const kinds: Record<number, string> = {
    1: "minor",
    2: "minor",
    4: "major",
    8: "incremental",
    16: "weakcb",
  };
  const gc: Record<string, { count: number; totalMs: number; longestMs: number }> = {};
  for (const kind of ["minor", "major", "incremental", "weakcb"])
    gc[kind] = { count: 0, totalMs: 0, longestMs: 0 };
  const take = (entries: readonly { readonly duration: number; readonly detail?: unknown }[]): void => {
    for (const { duration, detail } of entries) {
      const totals = gc[kinds[(detail as { kind: number }).kind] ?? ""];
      if (totals === undefined) continue;
      totals.count++;
      totals.totalMs += duration;
      totals.longestMs = Math.max(totals.longestMs, duration);
    }
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  const delay = monitorEventLoopDelay({ resolution: beatMs });
  delay.enable();
  const now = (): number => Number(process.hrtime.bigint() / 1000n);
  const started = now();
  let last = started;
  const blocks: [number, number][] = [];
  const beat = (): void => {
    const time = now();
    const late = time - last - beatMs * 1000;
    if (late > 50_000) blocks.push([time - late, late]);
    last = time;
  };
  const timer = setInterval(beat, beatMs).unref();
  const close = (): void => (load("inspector") as typeof import("node:inspector")).close();
  const leave = leaveAfterMs === undefined ? undefined : setTimeout(close, leaveAfterMs).unref();
  return {
    stop() {
      beat();
      clearInterval(timer);
      clearTimeout(leave);
      take(observer.takeRecords());
      observer.disconnect();
      delay.disable();
      const ms = (ns: number): number => (delay.count > 0 ? Math.max(0, ns / 1e6 - beatMs) : 0);
      return {
        pid: process.pid,
        node: process.version,
        script: process.argv[1] ?? "",
        elapsedMs: (now() - started) / 1000,
        gc,
        blocks,
        loop: {
          turns: delay.count,
          meanMs: ms(delay.mean),
          p50Ms: ms(delay.percentile(50)),
          p99Ms: ms(delay.percentile(99)),
          longestMs: ms(delay.max),
        },
      };
    },
  };
}
