import { DatabaseSync, type StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { TimedCache } from "../../../algorithms/timed-cache.ts";
import { MemoryOptimizer } from "../../../memory/optimizer.ts";
import { NetworkOptimizer } from "../../../network/optimizer.ts";
import { codingAssistantTools } from "../../../tools/example/coding-assistant.ts";
import { ToolSelector } from "../../../tools/tool-selector.ts";
import { type ShopRow, shopSql, shopStatements } from "../database/shop-operations.ts";
import { sqlitePragmas } from "../database/shop-place.ts";
import { openSqliteOptimizer } from "../database/sqlite-optimizer.ts";
import type { Visit, VisitReply } from "./visit-mix.ts";

/**
 * An assistant in a shop: a visit reads a product and its category's best from the database, a page from another service,
 * chooses tools for what is asked, counts the user's visits, and keeps a binary record, of which it answers the checksum.
 */
export interface VisitService {
  visit(visit: Visit): Promise<VisitReply>;
  close(): void | Promise<void>;
}

export interface VisitPlace {
  /** SQLite file that is the service's own. */
  readonly file: string;
  /** Of the other service. */
  readonly originUrl: string;
}

/** Bytes of a visit's record. */
const recordBytes = 64 * 1024;
const ttlMs = 10 * 60_000;
const toolCount = 5;

const statement = (name: string): string =>
  shopSql()[shopStatements.findIndex((one) => one.name === name)] as string;
const productSql = statement("product");
const bestSql = statement("best rated of a category");
const seenSql = statement("user seen");

/** As it is mostly written: prepared statements, `fetch`, tools ranked each time, a buffer for each visit, users in a Map. */
export function plainService({ file, originUrl }: VisitPlace): VisitService {
  const database = new DatabaseSync(file);
  database.exec(sqlitePragmas);
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  const [product, best, seen] = [prepare(productSql), prepare(bestSql), prepare(seenSql)];
  const selector = new ToolSelector({ tools: codingAssistantTools, k: toolCount, caches: false });
  const users = new Map<number, { visits: number; readonly endsAt: number }>();
  return {
    async visit(visit) {
      if (visit.writes) seen.run(visit.number, visit.user);
      const page = (await (await fetch(`${originUrl}/mixed/${visit.resource}`)).json()) as Page;
      const user = users.get(visit.user) ?? { visits: 0, endsAt: performance.now() + ttlMs };
      users.set(visit.user, user);
      return replyTo(visit, {
        product: product.get(visit.product) as ShopRow,
        best: best.all(visit.category) as ShopRow[],
        page,
        tools: selector.select(visit.query).tools.map(({ name }) => name),
        visits: ++user.visits,
        record: Buffer.alloc(recordBytes),
      });
    },
    close: () => database.close(),
  };
}

/** The same with the five optimizers at their defaults. */
export async function optimizedService({ file, originUrl }: VisitPlace): Promise<VisitService> {
  const database = await openSqliteOptimizer(file);
  const network = new NetworkOptimizer();
  await network.initialize();
  const memory = new MemoryOptimizer();
  const buffers = memory.createBufferPool("records", { checked: false });
  const selector = new ToolSelector({ tools: codingAssistantTools, k: toolCount });
  const users = new TimedCache<number, { visits: number }>({ maxSize: 1_000_000, ttlMs });
  return {
    async visit(visit) {
      if (visit.writes) await database.executeQuery(seenSql, [visit.number, visit.user]);
      const [product, best, page] = await Promise.all([
        database.executeQuery(productSql, [visit.product]),
        database.executeQuery(bestSql, [visit.category]),
        network.request("GET", `${originUrl}/mixed/${visit.resource}`).then((response) => response.json()),
      ]);
      const user = users.get(visit.user) ?? { visits: 0 };
      users.set(visit.user, user);
      using record = buffers.lease(recordBytes);
      return replyTo(visit, {
        product: product.rows[0] as ShopRow,
        best: best.rows as readonly ShopRow[],
        page: page as Page,
        tools: selector.select(visit.query).tools.map(({ name }) => name),
        visits: ++user.visits,
        record: record.value,
      });
    },
    async close() {
      await Promise.all([database.close(), network.close()]);
      memory.close();
      users.clear();
    },
  };
}

interface Page {
  readonly lines: readonly string[];
}

interface Gathered {
  readonly product: ShopRow;
  readonly best: readonly ShopRow[];
  readonly page: Page;
  readonly tools: readonly string[];
  readonly visits: number;
  /** Of zeros. */
  readonly record: Buffer;
}

/** What a visit comes to, for both services. */
function replyTo({ number, user }: Visit, gathered: Gathered): VisitReply {
  const { product, best, page, tools, visits, record } = gathered;
  let at = record.writeUInt32LE(user);
  for (const line of page.lines) at += record.write(line, at, "latin1");
  return {
    number,
    title: String(product.title),
    best: best.map(({ id }) => Number(id)),
    lines: page.lines.length,
    tools,
    visits,
    checksum: crc32(record),
  };
}
