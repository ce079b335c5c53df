import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PoolMisuseError } from "../../../src/errors.ts";
import { BufferPool } from "../../../src/memory/index.ts";

const modes = [true, false].flatMap((zero) => [true, false].map((checked) => ({ zero, checked })));
const misuseOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    if (error instanceof PoolMisuseError) return error.misuse;
    throw error;
  }
  return undefined;
};

describe.each(modes)("a buffer pool, %o", (options) => {
  test.each([
    [1, 1024],
    [1024, 1024],
    [1025, 2048],
    [4096, 4096],
    [65_537, 131_072],
    [2 ** 20, 2 ** 20],
    [2 ** 20 + 1, 2 ** 20 + 1],
  ])("for %i bytes gives a buffer of %i, with memory of its own", (sizeBytes, length) => {
    const buffer = new BufferPool("bytes", options).acquire(sizeBytes);
    expect(buffer.length).toBe(length);
    expect([buffer.byteOffset, buffer.buffer.byteLength]).toEqual([0, length]);
  });

  test("reuses a buffer for the same class only, and never one above 1 MiB", () => {
    const pool = new BufferPool("bytes", options);
    const buffer = pool.acquire(3000);
    const large = pool.acquire(2 ** 20 + 1);
    pool.release(buffer);
    pool.release(large);
    expect(pool.acquire(2048)).not.toBe(buffer);
    expect(pool.acquire(4096)).toBe(buffer);
    expect(pool.acquire(2 ** 20 + 1)).not.toBe(large);
    expect(pool.stats()).toMatchObject({ created: 4, reused: 1, dropped: 1, inUse: 3, highWaterMark: 3 });
  });

  test("keeps no more than maxIdleBytes", () => {
    const pool = new BufferPool("bytes", { ...options, maxIdleBytes: 8192 });
    const buffers = [4096, 4096, 1024].map((size) => pool.acquire(size));
    for (const buffer of buffers) pool.release(buffer);
    expect(pool.idleBytes).toBe(8192);
    expect(pool.stats()).toMatchObject({ idle: 2, dropped: 1 });
    pool.clear();
    expect([pool.idleBytes, pool.stats().idle]).toEqual([0, 0]);
  });

  test("a lease gives its buffer back", () => {
    const pool = new BufferPool("bytes", options);
    {
      using lease = pool.lease(4096);
      expect(lease.value.length).toBe(4096);
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 1 });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "9"])("refuses a size of %s", (size) => {
    expect(() => new BufferPool("bytes", options).acquire(size as number)).toThrow(RangeError);
  });

  test("a buffer whose memory was transferred is not handed out", () => {
    const pool = new BufferPool("bytes", options);
    const before = pool.acquire(4096);
    structuredClone(before, { transfer: [before.buffer as ArrayBuffer] });
    pool.release(before);
    const after = pool.acquire(4096);
    pool.release(after);
    structuredClone(after, { transfer: [after.buffer as ArrayBuffer] });
    const next = () => pool.acquire(4096);
    if (options.checked) expect(misuseOf(next)).toBe("used after release");
    expect(next().length).toBe(4096);
    expect(pool.idleBytes).toBe(0);
  });
});

describe.each([true, false])("a buffer pool that zeroes, checked: %s", (checked) => {
  test("never hands one user's bytes to another, whenever they were written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 9000 }), late: fc.boolean() })),
        (uses) => {
          const pool = new BufferPool("bytes", { checked });
          for (const { size, late } of uses) {
            let buffer: Buffer;
            try {
              buffer = pool.acquire(size);
            } catch (error) {
              expect(error).toMatchObject({ misuse: "used after release" });
              continue;
            }
            expect(buffer.every((byte) => byte === 0)).toBe(true);
            buffer.fill(7);
            pool.release(buffer);
            if (late) buffer[buffer.length - 1] = 9;
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

test("without zeroing, the bytes of the last user are still there", () => {
  const pool = new BufferPool("bytes", { zero: false, checked: false });
  const buffer = pool.acquire(1024);
  buffer.fill("secret");
  pool.release(buffer);
  expect(pool.acquire(1024).subarray(0, 6).toString()).toBe("secret");
});

describe.each([true, false])("a checked buffer pool, zero: %s, finds", (zero) => {
  test("a buffer that is released twice, and one that isn't its own", () => {
    const pool = new BufferPool("bytes", { zero, checked: true });
    const buffer = pool.acquire(4096);
    const foreign = [Buffer.alloc(4096), buffer.subarray(0, 1024), new BufferPool("other").acquire(4096)];
    for (const stranger of foreign) expect(misuseOf(() => pool.release(stranger))).toBe("foreign object");
    pool.release(buffer);
    expect(misuseOf(() => pool.release(buffer))).toBe("released twice");
    expect(() => pool.release(new Uint8Array(4096) as Buffer)).toThrow(TypeError);
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 1 });
  });

  test("a buffer whose beginning is written to after its release", () => {
    const pool = new BufferPool("bytes", { zero, checked: true });
    const buffer = pool.acquire(4096);
    pool.release(buffer);
    buffer.write("late");
    expect(misuseOf(() => pool.acquire(4096))).toBe("used after release");
    expect(pool.acquire(4096)).not.toBe(buffer);
    expect(pool.stats()).toMatchObject({ dropped: 1, inUse: 1 });
  });
});

test.each([
  [{ maxIdleBytes: -1 }, /maxIdleBytes/],
  [{ zero: 1 }, /zero/],
  [{ checked: "no" }, /checked/],
  [{ size: 1 }, /unknown option/],
])("options %o are refused", (options, message) => {
  expect(() => new BufferPool("bytes", options as never)).toThrow(message);
});
