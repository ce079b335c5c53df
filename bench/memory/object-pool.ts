/**
 * Where does a pool of objects pay? Objects of four kinds are made or taken, used, and dropped or given back, while 1,000 are in
 * use. No bar: the table says where it pays, and where it doesn't.
 */
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";
import type { ShapeId, SourceId } from "./arms/object-pool.ts";

const shapes: Record<ShapeId, string> = {
  point: "object of 3 fields",
  wide: "object of 24 fields",
  map: "Map, overwritten with 50 entries",
  floats: "Float64Array of 8 KiB",
};
const sources: Record<SourceId, string> = {
  fresh: "made anew",
  bare: "just an array",
  pool: "ObjectPool",
  checked: "ObjectPool, checked",
};
const module = new URL("./arms/object-pool.ts", import.meta.url);
const sourceIds = Object.keys(sources) as SourceId[];

for (const shape of Object.keys(shapes) as ShapeId[]) {
  const { arms, warnings } = await measureInterleaved({
    arms: sourceIds.map((source) => ({
      name: sources[source],
      module,
      export: "cycle",
      args: { shape, source, held: 1000 },
    })),
    processes: 5,
    rounds: 5,
    roundMs: 30,
  });
  const fresh = arms[sourceIds.indexOf("fresh")]!;
  print(
    shapes[shape],
    ["objects", "time", "speed × made anew, 95 %"],
    arms.map((arm) => [
      arm.name,
      formatDuration(nsOf(arm)),
      arm === fresh ? "" : formatRatio(compareArms(fresh, arm)),
    ]),
    [],
    warnings,
  );
}
