/**
 * What does a buffer of 4 KiB cost, from its making or its release to its next use? Eight are out at any time.
 * Bars: `BufferPool` ≥ 1.8× as fast as `Buffer.alloc` with zeros, ≥ 20× without; checked ≤ 3× the time of unchecked.
 */
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { met, nsOf, print, processes } from "../figures.ts";
import type { SourceId } from "./arms/buffer-pool.ts";

const names: Record<SourceId, string> = {
  alloc: "Buffer.alloc",
  allocUnsafe: "Buffer.allocUnsafe",
  bare: "just an array, not zeroed",
  bareZeroed: "just an array, zeroed",
  unzeroed: "BufferPool, zero: false",
  zeroed: "BufferPool",
  unzeroedChecked: "BufferPool, zero: false, checked",
  zeroedChecked: "BufferPool, checked",
};
const ids = Object.keys(names) as SourceId[];
const module = new URL("./arms/buffer-pool.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: ids.map((id) => ({ name: names[id], module, export: "cycle", args: { id, held: 8 } })),
  processes,
  rounds: 6,
  roundMs: 40,
});
const arm = (id: SourceId) => arms[ids.indexOf(id)]!;
const ratio = (base: SourceId, other: SourceId) => compareArms(arm(base), arm(other)).wall.ratio;
const slower = (id: SourceId, than: SourceId) => nsOf(arm(id)) / nsOf(arm(than));
const times = (value: number) => `${value.toFixed(1)}×`;

print(
  "A buffer of 4 KiB",
  ["from", "time", "speed × Buffer.alloc, 95 %"],
  ids.map((id) => [
    names[id],
    formatDuration(nsOf(arm(id))),
    id === "alloc" ? "" : formatRatio(compareArms(arm("alloc"), arm(id))),
  ]),
  [
    met("zeroed ≥ 1.8× Buffer.alloc", ratio("alloc", "zeroed") >= 1.8, times(ratio("alloc", "zeroed"))),
    met("not zeroed ≥ 20×", ratio("alloc", "unzeroed") >= 20, times(ratio("alloc", "unzeroed"))),
    met(
      "checked ≤ 3× of unchecked",
      slower("zeroedChecked", "zeroed") <= 3,
      times(slower("zeroedChecked", "zeroed")),
    ),
    met(
      "the same, not zeroed",
      slower("unzeroedChecked", "unzeroed") <= 3,
      times(slower("unzeroedChecked", "unzeroed")),
    ),
  ],
  warnings,
);
