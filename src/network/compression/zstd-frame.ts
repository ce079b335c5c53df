const contentMagic = 0xfd2fb528;
/** With any last four bits: a frame to be skipped. */
const skippableMagic = 0x184d2a50;
const dictionaryBytes = [0, 1, 2, 4] as const;
const repeatedByte = 1;

type Part = "magic" | "descriptor" | "header" | "block" | "checksum" | "skippable" | "foreign";

/**
 * Follows the frames of a zstd body by their headers and those of their blocks, to know whether the last one is whole and how
 * much content the first says that it has. Not every version of zlib's streams notices a body that ends within a frame, or gives less
 * than it says.
 * @see RFC 8878, 3.1.1
 */
export class ZstdFrames {
  /** Of the first frame, bytes; 0 where it doesn't say. */
  declaredBytes = 0n;
  #part: Part = "magic";
  /** Bytes of the part that is being read. */
  #wanted = 4;
  #collected = Buffer.alloc(0);
  #skip = 0;
  #descriptor = 0;
  #isLast = false;
  #frames = 0;

  /** Frames that have ended. */
  get count(): number {
    return this.#frames;
  }

  /** Whether what came so far ends where a frame ends. What isn't zstd is left to the decoder to refuse. */
  get isWhole(): boolean {
    if (this.#part === "foreign") return true;
    return this.#part === "magic" && this.#collected.length === 0 && this.#skip === 0 && this.#frames > 0;
  }

  /** @param chunk of the body, in order */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && this.#part !== "foreign") {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      const taken = chunk.subarray(at, at + this.#wanted - this.#collected.length);
      at += taken.length;
      this.#collected = Buffer.concat([this.#collected, taken]);
      if (this.#collected.length === this.#wanted) {
        const part = this.#collected;
        this.#collected = Buffer.alloc(0);
        this.#take(part);
      }
    }
  }

  #take(part: Buffer): void {
    switch (this.#part) {
      case "magic": {
        const magic = part.readUInt32LE(0);
        if (magic === contentMagic) this.#next("descriptor", 1);
        else if ((magic & 0xfffffff0) === skippableMagic) this.#next("skippable", 4);
        else this.#part = "foreign";
        break;
      }
      case "skippable":
        this.#skip = part.readUInt32LE(0);
        this.#endFrame();
        break;
      case "descriptor":
        this.#descriptor = part[0] as number;
        if (this.#headerBytes === 0) this.#next("block", 3);
        else this.#next("header", this.#headerBytes);
        break;
      case "header":
        if (this.#frames === 0) this.declaredBytes = this.#declared(part);
        this.#next("block", 3);
        break;
      case "block": {
        const header = part.readUIntLE(0, 3);
        this.#isLast = (header & 1) === 1;
        this.#skip = ((header >> 1) & 3) === repeatedByte ? 1 : header >> 3;
        if (!this.#isLast) this.#next("block", 3);
        else if (this.#descriptor & 4) this.#next("checksum", 4);
        else this.#endFrame();
        break;
      }
      default:
        this.#endFrame();
    }
  }

  #next(part: Part, wanted: number): void {
    this.#part = part;
    this.#wanted = wanted;
  }

  #endFrame(): void {
    this.#frames++;
    this.#next("magic", 4);
  }

  get #isSingle(): boolean {
    return (this.#descriptor & 0x20) !== 0;
  }
  get #declaredWidth(): number {
    const flag = this.#descriptor >> 6;
    return flag === 0 ? Number(this.#isSingle) : 2 ** flag;
  }
  get #headerBytes(): number {
    return Number(!this.#isSingle) + (dictionaryBytes[this.#descriptor & 3] ?? 0) + this.#declaredWidth;
  }

  #declared(header: Buffer): bigint {
    const width = this.#declaredWidth;
    const at = header.length - width;
    if (width === 0) return 0n;
    if (width === 8) return header.readBigUInt64LE(at);
    return BigInt(header.readUIntLE(at, width) + (width === 2 ? 256 : 0));
  }
}
