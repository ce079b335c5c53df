/**
 * Accounts on Fastify and PostgreSQL: a pool, cached reads, transactions.
 *
 *     DATABASE_URL=postgres://user:password@localhost/bank PORT=3000 node fastify-postgres.mjs
 *
 * This process alone writes to the table. Where others do too, run `installNotifyTriggers(url)` once and use
 * `coherence: "notify"`.
 */
import fastify from "fastify";
import { applyAllOptimizations } from "victor-optimizations";
import { DatabaseOptimizer } from "victor-optimizations/database";

const applied = applyAllOptimizations();
const db = new DatabaseOptimizer({ url: process.env.DATABASE_URL, coherence: "exclusive", pool: { maxSize: 5 } });
await db.executeQuery(
  "CREATE TABLE IF NOT EXISTS accounts (id integer PRIMARY KEY, cents integer NOT NULL CHECK (cents >= 0))",
);

const app = fastify();

app.get("/accounts/:id", async ({ params }, reply) => {
  const { rows, cached } = await db.executeQuery("SELECT id, cents FROM accounts WHERE id = $1", [Number(params.id)]);
  if (rows.length === 0) return reply.code(404).send({ error: "no such account" });
  return { ...rows[0], cached };
});

app.put("/accounts/:id", async ({ params, body }, reply) => {
  await db.executeQuery(
    "INSERT INTO accounts VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET cents = excluded.cents",
    [Number(params.id), Number(body.cents)],
  );
  return reply.code(204).send();
});

const move = {
  type: "object",
  required: ["from", "to", "cents"],
  properties: { from: { type: "integer" }, to: { type: "integer" }, cents: { type: "integer", minimum: 1 } },
};
app.post("/transfers", { schema: { body: move } }, async ({ body }, reply) => {
  const { from, to, cents } = body;
  try {
    await db.transaction(async (tx) => {
      await tx.executeQuery("UPDATE accounts SET cents = cents - $1 WHERE id = $2", [cents, from]);
      await tx.executeQuery("UPDATE accounts SET cents = cents + $1 WHERE id = $2", [cents, to]);
    });
  } catch (error) {
    // PostgreSQL's code of a check that failed: both updates are undone.
    if (error.code === "23514") return reply.code(409).send({ error: "not enough money" });
    throw error;
  }
  return reply.code(204).send();
});

app.get("/slow-queries", () => db.getSlowQueries({ thresholdMs: 100 }));

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" })}`);

process.once("SIGTERM", async () => {
  await app.close();
  await db.close();
  await applied.close();
  console.log("closed");
});
