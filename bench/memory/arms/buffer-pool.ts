import type { Arm } from "../../../src/measure/index.ts";
import { BufferPool } from "../../../src/memory/index.ts";

interface Source {
  take(): Buffer;
  give(buffer: Buffer): void;
}

const sizeBytes = 4096;
const nothing = (): void => undefined;

const pooled = (zero: boolean, checked: boolean): Source => {
  const pool = new BufferPool("bench", { zero, checked });
  return { take: () => pool.acquire(sizeBytes), give: (buffer) => pool.release(buffer) };
};
const bare = (zero: boolean): Source => {
  const idle: Buffer[] = [];
  const { fill } = Uint8Array.prototype;
  return {
    take: () => {
      const buffer = idle.pop() ?? Buffer.alloc(sizeBytes);
      return zero ? (fill.call(buffer, 0) as Buffer) : buffer;
    },
    give: (buffer) => idle.push(buffer),
  };
};

const sources = {
  alloc: (): Source => ({ take: () => Buffer.alloc(sizeBytes), give: nothing }),
  allocUnsafe: (): Source => ({ take: () => Buffer.allocUnsafe(sizeBytes), give: nothing }),
  bare: () => bare(false),
  bareZeroed: () => bare(true),
  unzeroed: () => pooled(false, false),
  zeroed: () => pooled(true, false),
  unzeroedChecked: () => pooled(false, true),
  zeroedChecked: () => pooled(true, true),
};
export type SourceId = keyof typeof sources;

/** Takes a buffer, writes one byte to it, and gives back the one that was taken so many takes ago. */
export function cycle({ id, held }: { readonly id: SourceId; readonly held: number }): Arm {
  const { take, give } = sources[id]();
  const out = Array.from({ length: held }, take);
  let place = 0;
  let written = 0;
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) {
        give(out[place] as Buffer);
        const buffer = take();
        written += buffer.length === sizeBytes ? 1 : 0;
        buffer[i & (sizeBytes - 1)] = 1;
        out[place] = buffer;
        place = place + 1 === held ? 0 : place + 1;
      }
    },
    answer: () => (written > 0 ? "all of 4 KiB" : "none"),
  };
}
