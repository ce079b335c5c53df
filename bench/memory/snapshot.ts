/**
 * What does it take to read a heap snapshot of 150 MB, with what each object retains? Each time in a process of its own, which is
 * how it is done. Bars: 5× as fast as memlab at ≤ 0.45× of its memory, and the same sizes of the 50 largest to 1 %.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ArmResult, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, named, nsOf, print } from "../figures.ts";

const folder = mkdtempSync(join(tmpdir(), "victor-bench-"));
const file = join(folder, "service.heapsnapshot");
const module = new URL("./arms/snapshot.ts", import.meta.url);
const sessions = 116_000;
try {
  execFileSync(process.execPath, [
    fileURLToPath(new URL("./arms/write-snapshot.ts", import.meta.url)),
    file,
    String(sessions),
  ]);
  const arm = (name: string, entry: string) => ({
    name,
    module,
    export: entry,
    args: { file },
    count: 1,
    // memlab's own command asks for as much.
    nodeArgs: ["--max-old-space-size=8192"],
  });
  const { arms, warnings } = await measureInterleaved({
    arms: [
      arm(named("@memlab/heap-analysis"), "memlab"),
      arm("HeapSnapshot", "ours"),
      arm("analyseHeapSnapshot, whole", "oursWhole"),
    ],
    processes: 3,
    rounds: 1,
    warmupRounds: 0,
    timeoutMs: 300_000,
  });
  const [memlab, ours] = arms as [ArmResult, ArmResult];
  const cpuOf = (of: ArmResult) => median(of.cpuNs.flat());
  const rssOf = (of: ArmResult) => median(of.countersByProcess.map(({ rssBytes }) => rssBytes as number));
  const faster = cpuOf(memlab) / cpuOf(ours);
  const memory = rssOf(ours) / rssOf(memlab);
  const agreeing = sizesAlike(memlab, ours);
  print(
    `A snapshot of ${(statSync(file).size / 1e6).toFixed(0)} MB`,
    ["", "wall", "CPU", "resident at most"],
    arms.map((one) => [
      one.name,
      `${(nsOf(one) / 1e9).toFixed(2)} s`,
      `${(cpuOf(one) / 1e9).toFixed(2)} s`,
      `${(rssOf(one) / 1e6).toFixed(0)} MB`,
    ]),
    [
      met(
        "5× as fast as memlab",
        nsOf(memlab) / nsOf(ours) >= 5,
        `wall ${(nsOf(memlab) / nsOf(ours)).toFixed(1)}×, CPU ${faster.toFixed(1)}×`,
      ),
      met("≤ 0.45× of its memory", memory <= 0.45, `${memory.toFixed(2)}×`),
      met("sizes of the 50 largest agree to 1 %", agreeing === 50, `${agreeing} of 50`),
    ],
    warnings,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function sizesAlike(one: ArmResult, other: ArmResult): number {
  const [theirs, mine] = [one, other].map((arm) => arm.answer as [number, number][]) as [
    [number, number][],
    [number, number][],
  ];
  const known = new Map(mine);
  return theirs.filter(([id, bytes]) => Math.abs((known.get(id) ?? 0) / bytes - 1) <= 0.01).length;
}
