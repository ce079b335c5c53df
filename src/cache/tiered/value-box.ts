import { SharedValueError } from "../../errors.ts";
import { compress, decompress } from "../codec/compression.ts";
import type { SharedEntry, Stamp } from "../shared-tier.ts";
import { decodeEnvelope, type Envelope, encodeEnvelope } from "./envelope.ts";
import { absent, type Content, HeldValue, type Life } from "./held-value.ts";
import { sealOwnValue, sealValue } from "./sealed-value.ts";
import type { ResolvedTieredOptions } from "./tiered-options.ts";

/** About what an entry takes besides its value, in bytes. */
const overheadBytes = 200;
/** A server is asked to keep nothing for longer: about 24.8 days, which every one of them takes. */
const longestTtlMs = 2 ** 31 - 1;

interface Received {
  readonly envelope: Envelope;
  readonly stamp: Stamp;
  readonly fleetNow: number;
  readonly now: number;
}

/** Turns values into what is held, here and on the server, and back. */
export class ValueBox {
  readonly #options: ResolvedTieredOptions;
  /** What lay on the server and couldn't be read. */
  unreadable = 0;

  constructor(options: ResolvedTieredOptions) {
    this.#options = options;
  }

  /** @throws what the codec throws, or {SharedValueError} when the value is too large */
  seal(value: unknown): Content {
    if (value === undefined) return absent;
    const { values, codec, maxValueBytes } = this.#options;
    if (values === "frozen") {
      const { isFrozen, sizeBytes } = sealValue(value);
      if (isFrozen) return { value, bytes: undefined, sizeBytes: sizeBytes + overheadBytes };
    }
    // A codec may give back what it was given.
    const bytes = new Uint8Array(codec.encode(value));
    if (bytes.length > maxValueBytes) throw tooLarge(bytes.length, maxValueBytes);
    return { value: undefined, bytes, sizeBytes: bytes.length + overheadBytes };
  }

  hold(content: Content, life: Life, loadMs: number, createdAt: number): HeldValue {
    const ages = { now: this.#options.clock.now(), createdAt, loadMs };
    return new HeldValue(content, life, ages, this.#earlyMs(loadMs));
  }

  /** @returns the value for one caller */
  open(held: HeldValue): unknown {
    const { bytes, value } = held.content;
    return bytes === undefined ? value : this.#options.codec.decode(bytes);
  }

  /**
   * @param fleetNow the fleet's clock now
   * @throws what the codec throws, or {SharedValueError} when the value is too large
   */
  async pack(held: HeldValue, fleetNow: number): Promise<{ bytes: Uint8Array; ttlMs: number }> {
    const { codec, compression, maxValueBytes, clock } = this.#options;
    const { content } = held;
    const toFleet = fleetNow - clock.now();
    const isAbsent = content === absent;
    const plain = isAbsent ? new Uint8Array(0) : (content.bytes ?? codec.encode(content.value));
    if (plain.length > maxValueBytes) throw tooLarge(plain.length, maxValueBytes);
    const packed = await compress(plain, compression);
    const bytes = encodeEnvelope({
      isAbsent,
      codec: codec.mark,
      compression: packed.mark,
      createdAt: held.createdAt,
      freshUntil: held.freshUntil + toFleet,
      staleUntil: held.staleUntil + toFleet,
      errorUntil: held.errorUntil + toFleet,
      loadMs: held.loadMs,
      body: packed.bytes,
    });
    return { bytes, ttlMs: Math.min(longestTtlMs, Math.max(1, held.keptUntil - clock.now())) };
  }

  /**
   * @param fleetNow the fleet's clock now
   * @param now this process's
   * @returns `undefined` when it can't be read, which is counted; a promise only of what takes long to decompress
   */
  unpack(
    entry: SharedEntry,
    fleetNow: number,
    now: number,
  ): HeldValue | undefined | Promise<HeldValue | undefined> {
    const { codec, maxValueBytes } = this.#options;
    const envelope = decodeEnvelope(entry.bytes);
    if (envelope === undefined || (envelope.codec !== codec.mark && !envelope.isAbsent))
      return this.#unreadable();
    const received = { envelope, stamp: entry.stamp, fleetNow, now };
    if (envelope.isAbsent) return this.#received(received, absent);
    let content: Content;
    try {
      const plain = decompress(envelope.compression, envelope.body, maxValueBytes);
      if (plain instanceof Promise)
        return plain
          .then((bytes) => this.#received(received, this.#contentOf(bytes)))
          .catch(() => this.#unreadable());
      content = this.#contentOf(plain);
    } catch {
      // Whatever a codec says of foreign bytes: to the cache they are a miss, and this count tells of it.
      return this.#unreadable();
    }
    return this.#received(received, content);
  }

  #unreadable(): undefined {
    this.unreadable++;
    return undefined;
  }

  #received({ envelope, stamp, fleetNow, now }: Received, content: Content): HeldValue {
    const { createdAt, freshUntil, staleUntil, errorUntil, loadMs } = envelope;
    const life = {
      ttlMs: freshUntil - fleetNow,
      staleMs: staleUntil - freshUntil,
      staleIfErrorMs: errorUntil - freshUntil,
    };
    const held = new HeldValue(content, life, { now, createdAt, loadMs }, this.#earlyMs(loadMs));
    held.stamp = stamp;
    return held;
  }

  #contentOf(bytes: Uint8Array): Content {
    const value = this.#options.codec.decode(bytes);
    if (value === undefined) throw new SharedValueError("holds nothing");
    if (this.#options.values === "frozen") {
      const { isFrozen, sizeBytes } = sealOwnValue(value);
      if (isFrozen) return { value, bytes: undefined, sizeBytes: sizeBytes + overheadBytes };
    }
    return { value: undefined, bytes: new Uint8Array(bytes), sizeBytes: bytes.length + overheadBytes };
  }

  #earlyMs(loadMs: number): number {
    const { earlyRefresh, random } = this.#options;
    return earlyRefresh === 0 ? 0 : -Math.log(1 - random()) * earlyRefresh * loadMs;
  }
}

function tooLarge(sizeBytes: number, maxBytes: number): SharedValueError {
  return new SharedValueError(`would be too large: ${sizeBytes} bytes, at most ${maxBytes}`);
}
