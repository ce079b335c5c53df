import { BodyTooLargeError } from "../../errors.ts";
import { finite, integer, knownKeys } from "../../options.ts";

/** How far a body may grow when it is decoded. */
export interface DecodeLimits {
  /** Decoded, after each of its codings; bytes ≥ 0. @default 256 MiB */
  readonly maxBytes?: number;
  /**
   * Decoded bytes for each one received, ≥ 1. JSON comes to 5–20, repetitive logs to 100; deflate can't go beyond 1032, the
   * others can.
   * @default 200
   */
  readonly maxRatio?: number;
  /** Up to so many decoded bytes the ratio doesn't matter, ≥ 0. @default 8 MiB */
  readonly ratioFreeBytes?: number;
}

export const decodeDefaults = Object.freeze({
  maxBytes: 256 * 2 ** 20,
  maxRatio: 200,
  ratioFreeBytes: 8 * 2 ** 20,
});

/** With every default filled in and every value checked. */
export type ResolvedDecodeLimits = Required<DecodeLimits>;

/** @throws {TypeError} @throws {RangeError} */
export function resolveDecodeLimits(limits: DecodeLimits | undefined): ResolvedDecodeLimits {
  if (limits === undefined || limits === decodeDefaults) return decodeDefaults;
  knownKeys("decode limits", limits, Object.keys(decodeDefaults));
  return {
    maxBytes: integer("maxBytes", limits.maxBytes ?? decodeDefaults.maxBytes, 0),
    maxRatio: finite("maxRatio", limits.maxRatio ?? decodeDefaults.maxRatio, 1),
    ratioFreeBytes: integer("ratioFreeBytes", limits.ratioFreeBytes ?? decodeDefaults.ratioFreeBytes, 0),
  };
}

/** @returns decoded bytes that `encodedBytes` may become, ≥ 0 */
export function allowedBytes(limits: ResolvedDecodeLimits, encodedBytes: number): number {
  const { maxBytes, maxRatio, ratioFreeBytes } = limits;
  return Math.min(maxBytes, Math.max(ratioFreeBytes, Math.floor(encodedBytes * maxRatio)));
}

/** The error for a body that grew beyond {@link allowedBytes}. */
export function tooLarge(limits: ResolvedDecodeLimits, encodedBytes: number): BodyTooLargeError {
  const bytes = allowedBytes(limits, encodedBytes);
  return bytes === limits.maxBytes
    ? new BodyTooLargeError("size", bytes, encodedBytes)
    : new BodyTooLargeError("ratio", bytes, encodedBytes);
}
