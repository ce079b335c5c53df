import { pipeline, type Readable, Transform, type TransformCallback } from "node:stream";
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
  decodeError,
  endsTooEarly,
  formatOf,
  hasFrames,
  isPadding,
  mostFrames,
  openStream,
  tooManyFrames,
  trailing,
  type ZlibStream,
} from "./zlib-decoder.ts";
import { ZstdFrames } from "./zstd-frame.ts";

/**
 * Decodes a body as it comes.
 * @param encoding `Content-Encoding`; when it names a coding that isn't known, the source itself is returned
 * @param source of bytes; destroyed when decoding fails, and when what is returned is destroyed
 * @param counts where to add what was done
 * @returns the decoded bytes. It fails with {@link BodyTooLargeError} as soon as more comes out than is allowed for what
 * has come in, with {@link BodyDecodeError} for a body that is damaged, ends too early, or goes on after its end, and with
 * the source's own error: it never just ends early
 */
export function decodeStream(
  encoding: string | readonly string[] | null | undefined,
  source: Readable,
  limits?: DecodeLimits,
  counts: CodingCounts = new CodingCounts(),
): Readable {
  const codings = contentCodings(encoding);
  const resolved = resolveDecodeLimits(limits);
  if (codings === undefined || codings.length === 0) return source;
  const received = { bytes: 0 };
  const stages = codings
    .toReversed()
    .map((coding, i) => new DecodeStage(coding, resolved, received, i === 0));
  const last = stages.at(-1)!;
  const startMs = performance.now();
  pipeline([source, ...stages], (error) => {
    counts.poolMs += performance.now() - startMs;
    counts.encodedBytes += received.bytes;
    counts.plainBytes += last.decodedBytes;
    if (error) counts.failed++;
    else counts.bodies++;
  });
  return last;
}

/** One coding: a zlib stream, and another when that has come to its end and the body hasn't. */
class DecodeStage extends Transform {
  decodedBytes = 0;
  readonly #coding: ContentCoding;
  readonly #limits: ResolvedDecodeLimits;
  readonly #received: { bytes: number };
  readonly #isOutermost: boolean;
  /** Its first byte alone, until the second shows what it is. */
  #firstByte: Uint8Array | undefined;
  #engine: ZlibStream | undefined;
  #frames = 0;
  /** Of a zstd body, what its frames say of themselves. */
  #frame: ZstdFrames | undefined;
  /** Fed to the engine; of that, it has used `bytesWritten`. */
  #fedBytes = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Called when the engine wants no more of what it was given. */
  #done: TransformCallback | undefined;

  /** @param received bytes of the body as it came, counted by the outermost stage */
  constructor(
    coding: ContentCoding,
    limits: ResolvedDecodeLimits,
    received: { bytes: number },
    isOutermost: boolean,
  ) {
    super();
    this.#coding = coding;
    this.#limits = limits;
    this.#received = received;
    this.#isOutermost = isOutermost;
    if (coding === "zstd") this.#frame = new ZstdFrames();
  }

  override _transform(given: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#isOutermost) this.#received.bytes += given.length;
    this.#frame?.push(given);
    if (this.#frame !== undefined && this.#frame.count > mostFrames) {
      done(tooManyFrames(this.#coding));
      return;
    }
    const chunk = this.#firstByte === undefined ? given : Buffer.concat([this.#firstByte, given]);
    this.#firstByte = undefined;
    if (chunk.length === 0) done();
    else if (chunk.length === 1 && this.#coding === "deflate" && this.#frames === 0) {
      this.#firstByte = chunk;
      done();
    } else this.#feed(chunk, done);
  }

  override _flush(done: TransformCallback): void {
    const end = (): void => {
      if (this.#frame !== undefined && this.#frames > 0 && !this.#frame.isWhole) {
        done(endsTooEarly(this.#coding));
        return;
      }
      this.#done = (error) => done(error ?? this.#shortfall());
      if (this.#engine === undefined) this.#settle();
      else this.#engine.end();
    };
    if (this.#firstByte === undefined) end();
    else this.#feed(this.#firstByte, (error) => (error ? done(error) : end()));
  }

  /** @returns an error where less has come than the first frame says */
  #shortfall(): Error | null {
    const declared = this.#frame?.declaredBytes ?? 0n;
    return declared > BigInt(this.decodedBytes) ? endsTooEarly(this.#coding) : null;
  }

  override _read(size: number): void {
    this.#engine?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#engine?.destroy();
    done(error);
  }

  #feed(chunk: Uint8Array, done: TransformCallback): void {
    const isAfterEnd = this.#engine === undefined && this.#frames > 0;
    if (isAfterEnd && !hasFrames(this.#coding)) {
      if (isPadding(this.#coding, chunk)) done();
      else done(trailing(this.#coding, chunk.length));
      return;
    }
    if (this.#frames >= mostFrames && this.#engine === undefined) {
      done(tooManyFrames(this.#coding));
      return;
    }
    const engine = this.#engine ?? this.#open(chunk);
    this.#chunk = chunk;
    this.#done = done;
    this.#fedBytes += chunk.length;
    engine.write(chunk, () => {
      if (this.#engine === engine) this.#settle();
    });
  }

  #open(chunk: Uint8Array): ZlibStream {
    const engine = openStream(formatOf(this.#coding, chunk[0] ?? 0, chunk[1] ?? 0));
    this.#engine = engine;
    this.#frames++;
    this.#fedBytes = 0;
    engine.on("data", (part: Uint8Array) => {
      this.decodedBytes += part.length;
      if (this.decodedBytes > allowedBytes(this.#limits, this.#received.bytes)) {
        engine.destroy();
        this.#settle(tooLarge(this.#limits, this.#received.bytes));
      } else if (!this.push(part)) engine.pause();
    });
    engine.on("error", (error) => this.#settle(decodeError(this.#coding, error)));
    engine.on("end", () => {
      this.#engine = undefined;
      const done = this.#done;
      const restBytes = this.#fedBytes - engine.bytesWritten;
      if (restBytes === 0 || done === undefined) this.#settle();
      else if (hasFrames(this.#coding) || isPadding(this.#coding, this.#chunk.subarray(-restBytes)))
        this.#feed(this.#chunk.subarray(-restBytes), done);
      else this.#settle(trailing(this.#coding, restBytes));
    });
    return engine;
  }

  #settle(error?: Error): void {
    const done = this.#done;
    this.#done = undefined;
    if (done !== undefined) done(error);
    else if (error !== undefined) this.destroy(error);
  }
}
