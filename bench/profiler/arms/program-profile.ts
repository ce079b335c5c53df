import { mkdtempSync, rmSync } from "node:fs";
import { Session } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Arm } from "../../../src/measure/index.ts";
import { ThreadCollector } from "../../../src/profiler/program/thread-collector.ts";

export type Recorder = "none" | "cpu" | "collector";

/** Work as a service does it: parse a document, put it into a map, make text of a part. */
export function setup(args: unknown): Arm {
  const { recorder } = args as { readonly recorder: Recorder };
  const stop = recorders[recorder]();
  const text = JSON.stringify(
    Array.from({ length: 50 }, (_, id) => ({ id, name: `name ${id}`, tags: ["a", "b"] })),
  );
  const kept = new Map<number, unknown>();
  let length = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const rows = JSON.parse(text) as { id: number; name: string }[];
        for (const row of rows) kept.set((row.id * 31 + i) % 5000, row);
        length += rows.map(({ name }) => name.toUpperCase()).join().length;
      }
    },
    answer: () => text.length,
    counters: () => ({ length }),
    close: stop,
  };
}

const recorders: Record<Recorder, () => () => void> = {
  none: () => () => {},
  // What `node --cpu-prof` records.
  cpu: () => {
    const session = new Session();
    session.connect();
    session.post("Profiler.enable");
    session.post("Profiler.start");
    return () => {
      session.post("Profiler.stop");
      session.disconnect();
    };
  },
  collector: () => {
    const dir = mkdtempSync(join(tmpdir(), "victor-bench-"));
    const collector = new ThreadCollector({
      dir,
      threadId: 0,
      intervalUs: 1000,
      allocationIntervalBytes: 512 * 1024,
      saveEveryMs: 15_000,
    });
    collector.start();
    return () => {
      collector.finish();
      rmSync(dir, { recursive: true });
    };
  },
};
