import type { TimerHandle } from "../../clock.ts";
import type { GcKind, GcPause } from "../../metrics/runtime/gc-observer.ts";
import { type GcGround, thisThread } from "./gc-ground.ts";
import type { GcObservation, GcPauses, OldSpaceAfterMajor } from "./gc-observation.ts";
import { addFlows, type GcProfileRecord, type YoungFlow, youngFlows } from "./gc-profile.ts";

/** Scavenges profiled in a row. The first has nothing to be compared with. */
const burstScavenges = 8;

/**
 * CPU time that V8's profiler spends on one collection: 0.7 to 1 ms, measured with Node 24.21.
 * `observeGc` costs 0.04 ms.
 */
const profiledCollectionMs = 1;

/** Share of time that profiling may take, on average. */
const profilingShare = 0.01;

const keptMajors = 8;

/**
 * Watches the collector of this thread: pauses of all kinds, and what survives scavenges.
 * Pauses come from one shared observer. Survivors can't be had from it, for it tells of a collection when later ones may
 * have changed the heap again; so V8's own profiler, which looks before and after each collection, is switched on for
 * some 8 scavenges and then rests until it has cost 1 % of the time. It can be switched off only between turns of the event loop:
 * while a loop never yields, it costs 1 ms a collection.
 *
 * The figures are of the steady part: they begin anew when the semi-space grows, as V8 lets it after a start.
 */
export class GcWatch implements Disposable {
  readonly #ground: GcGround;
  readonly #unobserve: () => void;
  readonly #startMs: number;
  readonly #majors: OldSpaceAfterMajor[] = [];
  #oldSpacePeakBytes = 0;
  #steady: Steady;
  #endProfile: (() => readonly GcProfileRecord[]) | undefined;
  #seenInBurst = 0;
  #rest: TimerHandle | undefined;
  #isClosed = false;

  constructor(ground: GcGround = thisThread) {
    this.#ground = ground;
    this.#startMs = ground.clock.now();
    this.#steady = this.#begin(ground.heap().semiSpaceBytes);
    this.#unobserve = ground.observe((pause) => this.#count(pause));
    this.#startBurst();
  }

  /** What was seen until now. */
  snapshot(): GcObservation {
    const heap = this.#ground.heap();
    const { oldSpaceBytes, semiSpaceBytes } = this.#ground.limits();
    const observedMs = this.#ground.clock.now() - this.#steady.startMs;
    const activeMs = this.#ground.activeMs() - this.#steady.startActiveMs;
    return {
      observedMs,
      activeMs: activeMs > 0 ? Math.min(activeMs, observedMs) : observedMs,
      pauses: { ...this.#steady.pauses },
      sample: this.#steady.flow,
      majors: [...this.#majors],
      oldSpacePeakBytes: Math.max(this.#oldSpacePeakBytes, heap.oldSpaceBytes),
      rssBytes: heap.rssBytes,
      heapResidentBytes: heap.heapResidentBytes,
      externalBytes: heap.externalBytes,
      ...(oldSpaceBytes !== undefined && { oldSpaceLimitBytes: oldSpaceBytes }),
      ...(semiSpaceBytes !== undefined && { semiSpaceLimitBytes: semiSpaceBytes }),
    };
  }

  /** Ends the watch; calling it twice does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unobserve();
    this.#endProfile?.();
    this.#endProfile = undefined;
    if (this.#rest !== undefined) this.#ground.clock.clearTimeout(this.#rest);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #count(pause: GcPause): void {
    this.#steady.pauses[pause.kind] = plus(this.#steady.pauses[pause.kind], pause);
    if (pause.kind === "major") this.#noteMajor();
    if (this.#endProfile === undefined) return;
    this.#seenInBurst++;
    if (this.#seenInBurst >= burstScavenges) this.#endBurst();
  }

  #noteMajor(): void {
    const usedBytes = this.#ground.heap().oldSpaceBytes;
    if (this.#majors.length === keptMajors) this.#majors.shift();
    this.#majors.push({ atMs: this.#ground.clock.now() - this.#startMs, usedBytes });
    this.#oldSpacePeakBytes = Math.max(this.#oldSpacePeakBytes, usedBytes);
  }

  #startBurst(): void {
    this.#rest = undefined;
    this.#seenInBurst = 0;
    this.#endProfile = this.#ground.profile();
  }

  #endBurst(): void {
    const records = this.#endProfile?.() ?? [];
    this.#endProfile = undefined;
    for (const flow of youngFlows(records)) this.#add(flow);
    const { semiSpaceBytes, oldSpaceBytes } = this.#ground.heap();
    this.#oldSpacePeakBytes = Math.max(this.#oldSpacePeakBytes, oldSpaceBytes);
    if (semiSpaceBytes > this.#steady.flow.semiSpaceBytes) this.#steady = this.#begin(semiSpaceBytes);
    const costMs = Math.max(records.length, this.#seenInBurst) * profiledCollectionMs;
    this.#rest = this.#ground.clock.setTimeout(() => this.#startBurst(), costMs / profilingShare);
  }

  #add(flow: YoungFlow): void {
    if (flow.semiSpaceBytes > this.#steady.flow.semiSpaceBytes)
      this.#steady = this.#begin(flow.semiSpaceBytes);
    // A smaller one was left behind by growth, or comes of a pause in the work.
    if (flow.semiSpaceBytes === this.#steady.flow.semiSpaceBytes)
      this.#steady.flow = addFlows(this.#steady.flow, flow);
  }

  #begin(semiSpaceBytes: number): Steady {
    return {
      startMs: this.#ground.clock.now(),
      startActiveMs: this.#ground.activeMs(),
      pauses: noPauses(),
      flow: {
        scavenges: 0,
        semiSpaceBytes,
        freshBytes: 0,
        allocatedBytes: 0,
        survivedBytes: 0,
        promotedBytes: 0,
      },
    };
  }
}

interface Steady {
  readonly startMs: number;
  readonly startActiveMs: number;
  readonly pauses: Record<GcKind, GcPauses>;
  flow: YoungFlow;
}

function noPauses(): Record<GcKind, GcPauses> {
  const none = { count: 0, totalMs: 0 };
  return { minor: none, major: none, incremental: none, weakcb: none };
}

function plus({ count, totalMs }: GcPauses, { durationMs }: GcPause): GcPauses {
  return { count: count + 1, totalMs: totalMs + durationMs };
}
