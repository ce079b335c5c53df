import { MpmcRing } from "../../src/concurrency/mpmc-ring.ts";
import { allocateRing, type RingShape } from "../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../src/concurrency/spsc-ring.ts";
import type { FakeClock } from "./fake-clock.ts";

export type Ring<T> = SpscRing<T> | MpmcRing<T>;
export const kinds = ["spsc", "mpmc"] as const;
export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** A ring for 128 bytes, or 4 records, with positions from `first` on; records take 60 bytes at most. */
export function openSmall<T>(
  kind: RingShape["kind"],
  payload: RingShape["payload"],
  { first = 0, clock }: { readonly first?: number; readonly clock?: FakeClock } = {},
): Ring<T> {
  const options = clock === undefined ? {} : { clock };
  if (kind === "spsc") {
    const shape = { kind, payload, capacity: 128, maxRecordBytes: 60 } as const;
    return new SpscRing<T>({ kind, payload, buffer: allocateRing(shape, first) }, options);
  }
  const shape = { kind, payload, capacity: 4, maxRecordBytes: 60 } as const;
  return new MpmcRing<T>({ kind, payload, buffer: allocateRing(shape, first) }, options);
}

export const openBinary = (kind: RingShape["kind"], clock?: FakeClock): Ring<Uint8Array> =>
  openSmall<Uint8Array>(kind, "binary", clock === undefined ? {} : { clock });
