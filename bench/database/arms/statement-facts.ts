import { PostgresFacts } from "../../../src/database/postgres/facts.ts";
import { loadParser } from "../../../src/database/postgres/parser.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { catalogueOf } from "../../../test/support/catalogue-rows.ts";

const tables = {
  customers: { id: "int4", name: "text", city: "text" },
  orders: { id: "int8", customer_id: "int4", placed: "timestamp" },
  lines: { order_id: "int8", product_id: "uuid", quantity: "int4" },
  products: { id: "uuid", name: "text" },
} as const;

/** What an application asks, 256 texts of five shapes, short to long. */
const texts: readonly string[] = Array.from({ length: 256 }, (_, i) => {
  const shapes = [
    `SELECT * FROM customers WHERE id = $1 /* ${i} */`,
    `SELECT id, name FROM products WHERE name = $1 ORDER BY name LIMIT ${i}`,
    `UPDATE orders SET placed = $2 WHERE id = $1 AND customer_id <> ${i}`,
    `SELECT c.name, count(*), sum(l.quantity) FROM customers c JOIN orders o ON o.customer_id = c.id
     JOIN lines l ON l.order_id = o.id WHERE c.city = $1 AND l.quantity > ${i} GROUP BY c.name ORDER BY 3 DESC LIMIT 10`,
    `WITH best AS (SELECT product_id, sum(quantity) AS sold FROM lines GROUP BY product_id HAVING sum(quantity) > ${i})
     SELECT p.name, b.sold FROM products p JOIN best b ON b.product_id = p.id WHERE lower(p.name) LIKE $1
     AND NOT EXISTS (SELECT FROM orders o JOIN lines l ON l.order_id = o.id WHERE l.product_id = p.id AND o.placed > $2)`,
  ];
  return shapes[i % shapes.length] as string;
});

const touched = ({ reads, writes }: StatementFacts): number => reads.length + writes.length;

/** Loops over the texts; `answer` is the number of tables in all of them. */
function over(tablesOf: (sql: string) => number): Arm {
  let sum = 0;
  let next = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        sum += tablesOf(texts[next] as string);
        next = (next + 1) % texts.length;
      }
    },
    answer: () => texts.reduce((total, sql) => total + tablesOf(sql), 0),
    counters: () => ({ sum }),
  };
}

async function ready(maxStatements: number): Promise<PostgresFacts> {
  const facts = new PostgresFacts(catalogueOf(tables), { maxStatements });
  for (const sql of texts) await facts.facts(sql);
  return facts;
}

/** Ours, as met by the optimizer: the statement has been seen before. */
export async function cached(): Promise<Arm> {
  const facts = await ready(1_000);
  return over((sql) => touched(facts.facts(sql) as StatementFacts));
}

/** Ours when no statement is ever remembered. */
export async function unseen(): Promise<Arm> {
  const facts = await ready(1);
  return over((sql) => touched(facts.facts(sql) as StatementFacts));
}

/** The trivial rival: a map of texts, without a bound and without an order of use. */
export async function justAMap(): Promise<Arm> {
  const facts = await ready(1_000);
  const known = new Map(texts.map((sql) => [sql, facts.facts(sql) as StatementFacts]));
  return over((sql) => touched(known.get(sql) as StatementFacts));
}

/** `libpg-query` alone: a parse, and a search of the tree's text for tables, which the answer alone does. */
export async function parse(): Promise<Arm> {
  const parser = await loadParser();
  const arm = over((sql) => parser.statements(sql).length);
  const mentioned = (sql: string): number =>
    new Set(
      [...JSON.stringify(parser.statements(sql)).matchAll(/"relname":"(\w+)"/g)]
        .map((match) => match[1])
        .filter((name) => name !== "best"),
    ).size;
  return { ...arm, answer: () => texts.reduce((total, sql) => total + mentioned(sql), 0) };
}
