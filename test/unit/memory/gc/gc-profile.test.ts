import { expect, it } from "vitest";
import { semiSpaceOf, youngFlows } from "../../../../src/memory/gc/gc-profile.ts";
import { gcRecord } from "../../../support/fake-gc-ground.ts";

it("sums up what was allocated, survived and was promoted, from the second scavenge on", () => {
  const flows = youngFlows([
    gcRecord("Scavenge", { young: 900, old: 1000 }, { young: 300, old: 1000 }),
    gcRecord("Scavenge", { young: 1000, old: 1000 }, { young: 350, old: 1200 }),
    gcRecord("Scavenge", { young: 1000, old: 1210 }, { young: 325, old: 1410 }),
  ]);
  expect(flows).toEqual([
    {
      scavenges: 2,
      semiSpaceBytes: 2 ** 20,
      freshBytes: 700 + 650,
      allocatedBytes: 700 + 660,
      survivedBytes: 350 + 325,
      promotedBytes: 200 + 200,
    },
  ]);
});

it("leaves out the first scavenge after a full collection, which has emptied new space", () => {
  const flows = youngFlows([
    gcRecord("Scavenge", { young: 900 }, { young: 300 }),
    gcRecord("MarkSweepCompact", { young: 500 }, { young: 0, old: 200 }),
    gcRecord("Scavenge", { young: 900, old: 200 }, { young: 300, old: 200 }),
    gcRecord("IncrementalMarking", { young: 400, old: 200 }, { young: 400, old: 200 }),
    gcRecord("Scavenge", { young: 900, old: 200 }, { young: 300, old: 400 }),
  ]);
  expect(flows).toMatchObject([{ scavenges: 1, freshBytes: 500, survivedBytes: 300, promotedBytes: 200 }]);
});

it("keeps sizes of the semi-space apart", () => {
  const flows = youngFlows([
    gcRecord("Scavenge", { young: 900 }, { young: 300, semiMib: 2 }),
    gcRecord("Scavenge", { young: 900, semiMib: 2 }, { young: 300, semiMib: 4 }),
    gcRecord("Scavenge", { young: 900, semiMib: 4 }, { young: 300, semiMib: 4 }),
  ]);
  expect(flows.map(({ semiSpaceBytes }) => semiSpaceBytes / 2 ** 20)).toEqual([2, 4]);
});

it("tells the size of a semi-space though some pages lie beside", () => {
  expect([2, 2.25, 3.9, 8.25].map((mib) => semiSpaceOf(mib * 2 ** 20) / 2 ** 20)).toEqual([1, 1, 1, 4]);
  expect(semiSpaceOf(0)).toBe(0);
});
