import { useTaskContextSource } from "../concurrency/task-context.ts";
import { PerformanceProfiler } from "./performance-profiler.ts";
import { type ProfileDecorator, profiled } from "./profiled-function.ts";
import type { ProfilerOptions } from "./profiler-options.ts";
import type { SpanOptions } from "./span.ts";

/** Another copy of this package finds the same; the number changes when their profilers wouldn't understand each other. */
const place = Symbol.for("victor-optimizations.profiler.1");
let found: PerformanceProfiler | undefined;

/** This thread's profiler, if there is one. */
function existing(): PerformanceProfiler | undefined {
  found ??= (globalThis as { [place]?: PerformanceProfiler })[place];
  return found;
}

/**
 * The profiler of this process; each worker thread has one of its own. The first call makes it, with all options. Later
 * calls may switch it on and off by `enabled`. When two copies of this package are loaded they share it: the copy that
 * asked first made it, and the spans of both are in one report. Tasks of a `WorkerPool` fall under the spans that they
 * were submitted under.
 * @throws {TypeError} on another option than `enabled` when it exists already; on an unknown one
 * @throws {RangeError} on an option out of its bounds
 */
export function getProfiler(options: ProfilerOptions = {}): PerformanceProfiler {
  const known = existing();
  if (known === undefined) {
    const profiler = new PerformanceProfiler(options);
    Object.defineProperty(globalThis, place, { value: profiler });
    found = profiler;
    useTaskContextSource(profiler);
    return profiler;
  }
  const { enabled, ...fixed } = options;
  const late = Object.keys(fixed);
  if (late.length > 0)
    throw new TypeError(
      `getProfiler: the profiler exists already, so ${late.join(", ")} can't be set any more; give it in the first call`,
    );
  if (enabled !== undefined) known.enabled = enabled;
  return known;
}

/**
 * As `PerformanceProfiler.profile`, for the profiler of `getProfiler`. It is looked for at each call, so this may stand
 * before it is made; until then, functions are just called.
 * @throws {TypeError} on a name that is none; when it decorates something else than a function, method, getter or setter
 */
export function profile(name?: string, options?: SpanOptions): ProfileDecorator {
  return profiled(existing, name, options);
}
