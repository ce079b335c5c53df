import type { HeapProfile } from "./allocation-site.ts";
import { InspectorSession } from "./inspector-session.ts";

const stackDepth = 48;

/**
 * V8's sampling heap profiler: which functions allocated what is alive. Reading collects garbage first: V8 does that by itself
 * (`kSamplingForceGC`), which is most of what a reading costs.
 *
 * There is one such profiler in a thread. When another session runs it already, it is read with that one's interval and left
 * running at the end; when another session stops it, it is started anew at the next reading, and what was alive by then is
 * forgotten (`restarts`).
 */
export class SamplingProfiler {
  readonly #session: InspectorSession;
  readonly #intervalBytes: number;
  #owned = false;
  /** Times that it had to be started anew. */
  restarts = 0;

  /** @param intervalBytes mean distance of samples, in bytes allocated, ≥ 1 */
  constructor(intervalBytes: number, session = new InspectorSession()) {
    this.#intervalBytes = intervalBytes;
    this.#session = session;
    session.post("HeapProfiler.enable");
    if (this.#tryRead() === undefined) this.#start();
  }

  /** Collects garbage, and says what is alive by then. */
  read(): HeapProfile {
    const profile = this.#tryRead();
    if (profile !== undefined) return profile;
    this.restarts++;
    this.#start();
    return this.#tryRead() ?? emptyProfile;
  }

  close(): void {
    if (this.#owned && this.#tryRead() !== undefined) this.#session.post("HeapProfiler.stopSampling");
    this.#session.close();
  }

  #start(): void {
    this.#session.post("HeapProfiler.startSampling", { samplingInterval: this.#intervalBytes, stackDepth });
    this.#owned = true;
  }

  #tryRead(): HeapProfile | undefined {
    try {
      return this.#session.post<{ profile: HeapProfile }>("HeapProfiler.getSamplingProfile").profile;
    } catch {
      // V8's way to say that nobody is sampling.
      return undefined;
    }
  }
}

export const emptyProfile: HeapProfile = {
  head: {
    callFrame: { functionName: "(root)", url: "", lineNumber: -1, columnNumber: -1 },
    selfSize: 0,
    children: [],
  },
};
