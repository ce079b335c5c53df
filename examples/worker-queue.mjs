/**
 * A queue of pictures to be made smaller: bounded, worked off in threads, and safe against a task that crashes its thread.
 *
 *     node worker-queue.mjs 200
 */
import { isMainThread } from "node:worker_threads";
import { ConcurrencyOptimizer, WorkerPool } from "victor-optimizations/concurrency";

/** Runs in a thread. A picture is `size × size` bytes of grey; four make one. */
export function halve({ number, size }) {
  // What a damaged file does to a careless library.
  if (number % 50 === 49) process.exit(1);
  const half = size >> 1;
  let checksum = 0;
  for (let y = 0; y < half; y++)
    for (let x = 0; x < half; x++) {
      const grey = (a, b) => (2 * x + a) ^ (2 * y + b) ^ number;
      checksum = (checksum * 31 + ((grey(0, 0) + grey(1, 0) + grey(0, 1) + grey(1, 1)) >> 2)) | 0;
    }
  return checksum;
}

if (isMainThread) await main(Number(process.argv[2] ?? 200));

async function main(count) {
  await using optimizer = new ConcurrencyOptimizer();
  await using pool = new WorkerPool({ queueLimit: 64 });

  // Jobs come from an iterator: no more of them are taken than can be worked on, however many there are.
  function* jobs() {
    for (let number = 0; number < count; number++)
      yield () => pool.run(new URL(import.meta.url), [{ number, size: 256 }], { name: "halve", timeoutMs: 10_000 });
  }
  const settled = await optimizer.settleInParallel(jobs(), { maxConcurrency: 32 });
  const failed = settled.flatMap((each, number) => (each.status === "rejected" ? [[number, each.reason.code]] : []));

  console.log(`${settled.length - failed.length} of ${count} done`);
  for (const [number, code] of failed) console.log(`picture ${number}: ${code}`);
}
