import { finite, integer } from "../../options.ts";

/** How a program is recorded. */
export interface RecordingOptions {
  /** Microseconds between two samples of the stack, 100 to 1,000,000. @default 1000 */
  readonly intervalUs?: number;
  /** Bytes between two samples of allocations, on average, ≥ 1,024. @default 524288 */
  readonly allocationIntervalBytes?: number;
  /** Milliseconds after which the recording ends, 100 to 86,400,000. @default until the program ends; 10,000 when attached */
  readonly durationMs?: number;
}

export const recordingDefaults = Object.freeze({
  intervalUs: 1000,
  allocationIntervalBytes: 512 * 1024,
  attachedMs: 10_000,
});

export interface ResolvedRecording {
  readonly intervalUs: number;
  readonly allocationIntervalBytes: number;
  readonly durationMs: number | undefined;
}

/** @throws {RangeError} for an option out of its bounds */
export function resolveRecording(options: RecordingOptions): ResolvedRecording {
  const { intervalUs, allocationIntervalBytes, durationMs } = options;
  return {
    intervalUs: integer("intervalUs", intervalUs ?? recordingDefaults.intervalUs, 100, 1_000_000),
    allocationIntervalBytes: integer(
      "allocationIntervalBytes",
      allocationIntervalBytes ?? recordingDefaults.allocationIntervalBytes,
      1024,
    ),
    durationMs: durationMs === undefined ? undefined : finite("durationMs", durationMs, 100, 86_400_000),
  };
}
