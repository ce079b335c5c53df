import type { OptimizationStep } from "../step.ts";
import { betterSqlite3 } from "./better-sqlite3.ts";
import { compileCache } from "./compile-cache.ts";
import { dnsCache } from "./dns-cache.ts";
import { globalFetch } from "./fetch.ts";
import { httpAgents } from "./http-agents.ts";
import { mysql2 } from "./mysql2.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { pg } from "./pg.ts";
import { queryCache } from "./query-cache.ts";
import { responseCache } from "./response-cache.ts";
import { retries } from "./retries.ts";
import { runtimeMetrics } from "./runtime-metrics.ts";
import { semiSpace } from "./semi-space.ts";
import { threadPool } from "./thread-pool.ts";
import { undici } from "./undici.ts";

/** All steps, in the order in which they are applied. */
export const allSteps: readonly OptimizationStep[] = Object.freeze([
  threadPool,
  semiSpace,
  compileCache,
  dnsCache,
  httpAgents,
  globalFetch,
  undici,
  pg,
  mysql2,
  betterSqlite3,
  nodeSqlite,
  runtimeMetrics,
  responseCache,
  retries,
  queryCache,
]);
