import { CodingCounts } from "./compression-counts.ts";
import { type ContentCoding, contentCodings } from "./content-coding.ts";
import {
  allowedBytes,
  type DecodeLimits,
  type ResolvedDecodeLimits,
  resolveDecodeLimits,
  tooLarge,
} from "./decode-limits.ts";
import {
  decodeAsync,
  decodeError,
  decodeSync,
  endsTooEarly,
  formatOf,
  hasFrames,
  isPadding,
  mostFrames,
  OverAllowed,
  tooManyFrames,
  trailing,
} from "./zlib-decoder.ts";
import { ZstdFrames } from "./zstd-frame.ts";

/** An encoded body of at most so many bytes is tried on the event loop, which costs less than the way to another thread. */
const syncEncodedBytes = 16_384;
/** … and is given to another thread when it grows beyond this. */
const syncDecodedBytes = 131_072;
/** … or has more frames. */
const syncFrames = 32;

/**
 * Decodes a whole body. A short one is decoded at once, a longer one in libuv's threads.
 * @param encoding `Content-Encoding`; when it names a coding that isn't known, the body is left as it is
 * @param body isn't changed; it may be what is returned
 * @param counts where to add what was done
 * @returns the decoded body; a promise of it where it isn't short. A body of no bytes is one of no bytes
 * @throws {BodyTooLargeError} as soon as it is larger than allowed
 * @throws {BodyDecodeError} when it is damaged, ends too early, or goes on after its end
 */
export function decodeBody(
  encoding: string | readonly string[] | null | undefined,
  body: Uint8Array,
  limits?: DecodeLimits,
  counts: CodingCounts = new CodingCounts(),
): Uint8Array | Promise<Uint8Array> {
  const codings = contentCodings(encoding);
  const resolved = resolveDecodeLimits(limits);
  if (codings === undefined || codings.length === 0 || body.length === 0) return body;
  if (body.length <= syncEncodedBytes) {
    const decoded = decodeAtOnce(codings, body, resolved, counts);
    if (decoded !== undefined) return decoded;
  }
  return decodeElsewhere(codings, body, resolved, counts);
}

/** @returns `undefined` when it grows too long for the event loop */
function decodeAtOnce(
  codings: readonly ContentCoding[],
  body: Uint8Array,
  limits: ResolvedDecodeLimits,
  counts: CodingCounts,
): Uint8Array | undefined {
  const startMs = performance.now();
  const allowed = allowedBytes(limits, body.length);
  let bytes = body;
  try {
    for (let i = codings.length - 1; i >= 0; i--)
      bytes = decodeFramesSync(codings[i]!, bytes, Math.min(allowed, syncDecodedBytes));
  } catch (error) {
    counts.loopMs += performance.now() - startMs;
    if (error instanceof OverAllowed) return undefined;
    counts.failed++;
    throw error;
  }
  counts.loopMs += performance.now() - startMs;
  count(counts, body, bytes);
  return bytes;
}

async function decodeElsewhere(
  codings: readonly ContentCoding[],
  body: Uint8Array,
  limits: ResolvedDecodeLimits,
  counts: CodingCounts,
): Promise<Uint8Array> {
  const startMs = performance.now();
  const allowed = allowedBytes(limits, body.length);
  let bytes = body;
  try {
    for (let i = codings.length - 1; i >= 0; i--) bytes = await decodeFrames(codings[i]!, bytes, allowed);
  } catch (error) {
    counts.failed++;
    throw error instanceof OverAllowed ? tooLarge(limits, body.length) : error;
  } finally {
    counts.poolMs += performance.now() - startMs;
  }
  count(counts, body, bytes);
  return bytes;
}

function count(counts: CodingCounts, encoded: Uint8Array, plain: Uint8Array): void {
  counts.bodies++;
  counts.encodedBytes += encoded.length;
  counts.plainBytes += plain.length;
}

/** Frames of one body, as far as they have been decoded. */
class Frames {
  rest: Uint8Array;
  readonly #coding: ContentCoding;
  readonly #allowed: number;
  readonly #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(coding: ContentCoding, bytes: Uint8Array, allowed: number) {
    this.#coding = coding;
    this.rest = bytes;
    this.#allowed = allowed;
    if (coding !== "zstd") return;
    const frames = new ZstdFrames();
    frames.push(bytes);
    if (!frames.isWhole) throw endsTooEarly(coding);
    if (frames.count > mostFrames) throw tooManyFrames(coding);
  }

  get format() {
    // One byte alone is too short for any of them.
    return formatOf(this.#coding, this.rest[0] ?? 0, this.rest[1] ?? 0);
  }
  get options() {
    const left = this.#allowed - this.#sizeBytes;
    const chunkSize = Math.min(2 ** 20, Math.max(4096, this.rest.length * 4));
    // Zlib wants room for one byte at least.
    return { maxOutputLength: Math.max(1, left), chunkSize: Math.min(chunkSize, Math.max(64, left + 1)) };
  }

  /** @param usedBytes of `rest` @returns the whole body when this was the last frame */
  add(part: Uint8Array, usedBytes: number): Uint8Array | undefined {
    this.#parts.push(part);
    this.#sizeBytes += part.length;
    if (this.#sizeBytes > this.#allowed) throw new OverAllowed();
    this.rest = this.rest.subarray(usedBytes);
    if (this.rest.length === 0 || isPadding(this.#coding, this.rest))
      return this.#parts.length === 1 ? part : Buffer.concat(this.#parts, this.#sizeBytes);
    if (!hasFrames(this.#coding) || usedBytes === 0) throw trailing(this.#coding, this.rest.length);
    if (this.#parts.length >= mostFrames) throw tooManyFrames(this.#coding);
    return undefined;
  }

  get count(): number {
    return this.#parts.length;
  }
}

function decodeFramesSync(coding: ContentCoding, bytes: Uint8Array, allowed: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const frames = new Frames(coding, bytes, allowed);
  for (;;) {
    const { buffer, engine } = run(coding, () => decodeSync(frames.format, frames.rest, frames.options));
    const whole = frames.add(buffer, engine.bytesWritten);
    if (whole !== undefined) return whole;
    if (frames.count >= syncFrames) throw new OverAllowed();
  }
}

async function decodeFrames(coding: ContentCoding, bytes: Uint8Array, allowed: number): Promise<Uint8Array> {
  if (bytes.length === 0) return bytes;
  const frames = new Frames(coding, bytes, allowed);
  for (;;) {
    const decoded = decodeAsync(frames.format, frames.rest, frames.options);
    const { buffer, engine } = await decoded.catch((error) => Promise.reject(decodeError(coding, error)));
    const whole = frames.add(buffer, engine.bytesWritten);
    if (whole !== undefined) return whole;
  }
}

function run<T>(coding: ContentCoding, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw decodeError(coding, error);
  }
}
