/** Messages between the comparison and its load process. */
export type LoadRequest =
  | { readonly type: "open"; readonly arm: string; readonly url: string; readonly script?: string }
  | {
      readonly type: "slot";
      readonly arm: string;
      readonly rate: number;
      readonly durationMs: number;
      readonly maxInFlight: number;
      readonly timeoutMs: number;
      /** Whether it counts, or is warm-up. */
      readonly counts: boolean;
    }
  | {
      readonly type: "capacity";
      readonly arm: string;
      readonly concurrency: number;
      readonly durationMs: number;
      readonly timeoutMs: number;
    }
  | { readonly type: "close"; readonly arm: string }
  /** Process groups to kill should the comparison be killed itself. */
  | { readonly type: "guard"; readonly groups: readonly number[] };

/** What came of all counted slots of one process. */
export interface LoadFigures {
  readonly completed: number;
  readonly failed: number;
  /** Milliseconds; `undefined` when nothing was answered. */
  readonly latencyMs:
    | { readonly p50: number; readonly p95: number; readonly p99: number; readonly p999: number }
    | undefined;
  /** Loaded time, milliseconds, draining included. */
  readonly loadedMs: number;
  /** How many came of each kind: "200", "timeout". */
  readonly statuses: Readonly<Record<string, number>>;
  /** Digests of answers by request, of those at the start. */
  readonly answers: readonly (readonly [index: number, digest: string])[];
  /** Requests sent late by the generator, as a share. */
  readonly lateShare: number;
  /** Median time that the answers of a slot took after its last request, by the slot's length. */
  readonly drainShare: number;
}

export interface SlotReply {
  /** Median latency of the slot, milliseconds. */
  readonly p50Ms: number | undefined;
}

export interface CapacityReply {
  readonly perSecond: number;
  readonly failed: number;
}

/** What a request is sent with, and its reply comes back with: one that was given up is answered late. */
export interface Numbered {
  readonly id: number;
}

export type LoadReply = Numbered & ({ readonly result: unknown } | { readonly error: string });
