import pg from "pg";
import { expect, test } from "vitest";
import { installNotifyTriggers } from "../../../src/database/index.ts";
import { usePostgres } from "../../services/use-postgres.ts";
import type { NodeSettings } from "../../support/coherence-node.ts";
import { type CoherenceFigures, CoherenceProcesses } from "../../support/coherence-processes.ts";
import { schemaSql } from "../../support/coherence-statements.ts";

// Writers that wait for each other are told so soon.
const postgres = usePostgres({ settings: { deadlock_timeout: "20ms" } });
const long = process.env.VICTOR_LONG !== undefined;
/** The long form took about five minutes in all. */
const timeout = long ? 1_200_000 : 300_000;

let databases = 0;
async function freshDatabase(): Promise<string> {
  const name = `coherence_${++databases}`;
  for (const [url, sql] of [
    [postgres().url, `CREATE DATABASE ${name}`],
    [postgres().urlOf(name), schemaSql],
  ] as const) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(sql);
    await client.end();
  }
  return postgres().urlOf(name);
}

async function run(
  processes: number,
  settings: Pick<NodeSettings, "coherence" | "sabotage">,
  seeds: number,
  isEnough: (figures: CoherenceFigures) => boolean = () => false,
): Promise<CoherenceFigures> {
  const url = await freshDatabase();
  if (settings.coherence === "notify")
    expect(await installNotifyTriggers(url)).toMatchObject({ schemaChanges: true });
  await using coherence = await CoherenceProcesses.start(processes, { ...settings, url });
  for (let seed = 1; seed <= seeds && !isEnough(coherence.figures); seed++)
    await coherence.interleaving(seed);
  await coherence.close();
  return coherence.figures;
}

/** Without these, the absence of stale reads would say nothing. */
function expectAdversity(figures: CoherenceFigures): void {
  for (const figure of [
    "hits",
    "rejectedFills",
    "coalesced",
    "rollbacks",
    "schemaChanges",
    "unknownOutcomes",
    "cuts",
  ] as const)
    expect(figures[figure], figure).toBeGreaterThan(0);
}

test("two processes read nothing stale in seeded interleavings of reads, writes, DDL, stalls and cuts", {
  timeout,
}, async () => {
  const figures = await run(2, { coherence: "notify", sabotage: "none" }, long ? 2000 : 200);
  console.log(`notify, two processes: ${JSON.stringify(figures)}`);
  expect(figures.stale).toEqual([]);
  expect(figures.barriers).toBeGreaterThan(0);
  expectAdversity(figures);
});

test("nor does a process that is alone with its database", { timeout }, async () => {
  const figures = await run(1, { coherence: "exclusive", sabotage: "none" }, long ? 1000 : 60);
  console.log(`exclusive, one process: ${JSON.stringify(figures)}`);
  expect(figures.stale).toEqual([]);
  expectAdversity(figures);
});

test.each(["fills are not checked", "notices are not heard"] as const)(
  "the same finds stale reads where %s",
  async (sabotage) => {
    const figures = await run(2, { coherence: "notify", sabotage }, 40, ({ stale }) => stale.length > 0);
    expect(figures.stale).not.toEqual([]);
  },
);
