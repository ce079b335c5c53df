import type { GcGround } from "../../src/memory/gc/gc-ground.ts";
import type { GcProfileRecord } from "../../src/memory/gc/gc-profile.ts";
import type { HeapLimits } from "../../src/memory/gc/heap-limits.ts";
import type { GcPause } from "../../src/metrics/runtime/gc-observer.ts";
import { FakeClock } from "./fake-clock.ts";

const mib = 2 ** 20;

/** A thread whose collections happen when a test says so. Counts profiles and listeners. */
export class FakeGcGround implements GcGround {
  readonly clock = new FakeClock();
  semiSpaceBytes = mib;
  oldSpaceBytes = 0;
  active = 0;
  /** What the next profiles tell. */
  records: readonly GcProfileRecord[] = [];
  profiles = 0;
  openProfiles = 0;
  readonly #listeners = new Set<(pause: GcPause) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }
  observe(listener: (pause: GcPause) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  profile(): () => readonly GcProfileRecord[] {
    this.profiles++;
    this.openProfiles++;
    return () => {
      this.openProfiles--;
      return this.records;
    };
  }
  heap() {
    const { semiSpaceBytes, oldSpaceBytes } = this;
    return {
      semiSpaceBytes,
      oldSpaceBytes,
      heapResidentBytes: 50 * mib,
      externalBytes: 0,
      rssBytes: 90 * mib,
    };
  }
  activeMs(): number {
    return this.active;
  }
  limits(): HeapLimits {
    return { oldSpaceBytes: 4096 * mib, semiSpaceBytes: this.semiSpaceBytes };
  }

  collect(kind: GcPause["kind"], times: number, durationMs = 1): void {
    for (let i = 0; i < times; i++)
      for (const tell of this.#listeners) tell({ kind, startMs: this.clock.now(), durationMs });
  }
}

interface Heap {
  readonly young: number;
  readonly old?: number;
  readonly semiMib?: number;
}

/** One collection, by what new space and old space held before and after it, in bytes. */
export function gcRecord(gcType: string, before: Heap, after: Heap): GcProfileRecord {
  const heap = ({ young, old = 0, semiMib = 1 }: Heap) => ({
    heapStatistics: { usedHeapSize: young + old },
    heapSpaceStatistics: [
      { spaceName: "new_space", spaceSize: 2 * semiMib * mib, spaceUsedSize: young },
      { spaceName: "old_space", spaceSize: 10 * mib, spaceUsedSize: old },
      { spaceName: "code_space", spaceSize: mib, spaceUsedSize: mib },
    ],
  });
  return { gcType, beforeGC: heap(before), afterGC: heap(after) };
}
