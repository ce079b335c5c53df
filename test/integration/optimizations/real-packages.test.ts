import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { usePostgres } from "../../services/use-postgres.ts";
import { autoFile, prepareRealPackages, runCases } from "../../support/real-packages.ts";

beforeAll(prepareRealPackages, 600_000);
const postgres = usePostgres();

/** An empty database of its own for each run. */
async function database(name: string): Promise<string> {
  const client = new pg.Client({ connectionString: postgres().url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return postgres().urlOf(name);
}

const least = { node: 50, undici: 50, got: 50, axios: 70, express: 80, fastify: 60, pg: 50 };

describe("Programs have the same results under auto mode", () => {
  it.each(Object.entries(least))("in every case of %s", { timeout: 240_000 }, async (name, count) => {
    const env = async (of: string): Promise<NodeJS.ProcessEnv> =>
      name === "pg" ? { TEST_DATABASE_URL: await database(of) } : {};
    const without = await runCases(name, [], await env("without_auto"));
    const under = await runCases(name, ["--import", autoFile], await env("under_auto"));
    expect(under).toEqual(without);
    expect(Object.keys(without.results).length).toBeGreaterThanOrEqual(count);
    expect(Object.values(without.results).join("\n")).not.toContain("the case hangs");
  });
});
