import { pbkdf2 } from "node:crypto";
import { lookup } from "node:dns";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { sizeLibuvThreads } from "../../../src/concurrency/libuv-threads.ts";
import type { Arm } from "../../../src/measure/index.ts";

export type Work = "crypto" | "zlib" | "fs" | "dns" | "mixed";

/** In flight at once: more than the largest pool has threads. */
const batch = 32;

/** One operation is one piece of work in libuv's pool. */
export function setup(args: unknown): Arm {
  const { threads, work } = args as { readonly threads: number; readonly work: Work };
  const { effect, threads: got } = sizeLibuvThreads(threads);
  const folder = mkdtempSync(join(tmpdir(), "victor-pool-"));
  const file = join(folder, "file");
  const text = Buffer.alloc(64 * 1024, "one line of a log file, as long as such lines are\n");
  writeFileSync(file, text);
  const compress = promisify(gzip);
  const derive = promisify(pbkdf2);
  const resolve = promisify(lookup);
  const kinds = {
    crypto: () => derive("password", "salt", 2000, 32, "sha256"),
    zlib: () => compress(text),
    fs: () => Promise.all([stat(file), readFile(file)]),
    dns: () => resolve("localhost"),
  } as const;
  const order = ["crypto", "fs", "dns", "fs", "zlib", "fs"] as const;
  const pieces = work === "mixed" ? order.map((kind) => kinds[kind]) : [kinds[work]];
  return {
    async run(count) {
      for (let done = 0; done < count; done += batch)
        await Promise.all(
          Array.from({ length: Math.min(batch, count - done) }, (_, i) => pieces[i % pieces.length]!()),
        );
    },
    answer: () => effect === "applied" && got === threads,
    counters: () => ({ threads: got ?? 0, rssMib: process.memoryUsage.rss() / 2 ** 20 }),
    close: () => rmSync(folder, { recursive: true }),
  };
}
