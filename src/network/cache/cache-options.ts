import { isTruthCheck, type TruthCheck } from "../../algorithms/truth-check.ts";
import type { SharedTier } from "../../cache/shared-tier.ts";
import { type TierOption, tierOf } from "../../cache/tier-option.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { callable, durationMs, finite, integer, knownKeys, oneOf, rejectType } from "../../options.ts";
import type { FreshnessRules } from "./freshness.ts";

/** Where responses are kept beyond the process. */
export interface SqliteStoreOptions {
  /** A file, made when it isn't there. Only a response cache's own file is taken. */
  readonly path: string;
  /** Bytes of responses in it at most; an integer ≥ 1. @default 268_435_456 (256 MiB) */
  readonly maxBytes?: number | undefined;
}

export interface ResponseCacheOptions {
  /** Whom it serves: one user, or several. A shared cache keeps less. @default "private" */
  readonly type?: "private" | "shared" | undefined;
  /** Bytes of responses in memory at most; an integer ≥ 1. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** URLs whose responses are in memory at most; an integer ≥ 1. @default none: `maxBytes` alone bounds them */
  readonly maxUrls?: number | undefined;
  /** A longer body passes through and isn't kept; an integer ≥ 0. @default 4_194_304, or an eighth of `maxBytes` if that is less */
  readonly maxEntryBytes?: number | undefined;
  /** Keeps responses in a file too. @default none */
  readonly sqlite?: SqliteStoreOptions | undefined;
  /**
   * A server behind memory that all nodes of a fleet share: what one stored, others find there, identical GETs in flight become
   * one for the fleet, and what one invalidates, all forget. Only what is for everybody lies there; the cache's other rules
   * are those of `type`. `{ url: "redis://…" }`, or a tier for this cache alone, which closes it. Not together with `sqlite`.
   * @default none
   */
  readonly tier?: TierOption | undefined;
  /** Identical GETs in flight become one where that is safe. @default true */
  readonly coalesce?: boolean | undefined;
  /** Part of the time since `Last-Modified` for which a response that says nothing is fresh; 0 to 1. @default 0.1 */
  readonly heuristicFraction?: number | undefined;
  /** Longest time that a heuristic gives. @default 86_400_000 (a day) */
  readonly maxHeuristicMs?: number | undefined;
  /**
   * For how long a response is fresh that says nothing at all, not even when it was modified, and sets no cookie, to a request
   * without credentials, where heuristics are allowed. @default 0
   */
  readonly defaultLifetimeMs?: number | undefined;
  /** For how long beyond its lifetime a response stands in for an error when neither side has said so. @default 0 */
  readonly staleIfErrorMs?: number | undefined;
  /** A validation in the background is given up after so long; > 0. @default 30_000 */
  readonly revalidateTimeoutMs?: number | undefined;
  /**
   * Has a share of the hits on fresh responses asked anew of their origin, after they were given: a `TruthSampler`, say. A
   * GET is sent a second time for them, with the same credentials. @default none
   */
  readonly truth?: TruthCheck | undefined;
  /** Milliseconds of the epoch: responses carry dates, which a `Clock` knows nothing of. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

export interface ResolvedCacheOptions extends FreshnessRules {
  readonly maxBytes: number;
  readonly maxUrls: number | undefined;
  readonly maxEntryBytes: number;
  readonly sqlite: { readonly path: string; readonly maxBytes: number } | undefined;
  /** Opens the tier. */
  readonly openTier: (() => SharedTier) | undefined;
  readonly coalesces: boolean;
  readonly revalidateTimeoutMs: number;
  readonly truth: TruthCheck | undefined;
  readonly now: () => number;
  readonly clock: Clock;
}

const defaults = Object.freeze({
  maxBytes: 67_108_864,
  maxEntryBytes: 4_194_304,
  sqliteMaxBytes: 268_435_456,
  heuristicFraction: 0.1,
  maxHeuristicMs: 86_400_000,
  defaultLifetimeMs: 0,
  staleIfErrorMs: 0,
  revalidateTimeoutMs: 30_000,
});

const known = [
  "type",
  "maxBytes",
  "maxUrls",
  "maxEntryBytes",
  "sqlite",
  "tier",
  "coalesce",
  "heuristicFraction",
  "maxHeuristicMs",
  "defaultLifetimeMs",
  "staleIfErrorMs",
  "revalidateTimeoutMs",
  "truth",
  "now",
  "clock",
];

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function resolveCacheOptions(options: ResponseCacheOptions): ResolvedCacheOptions {
  knownKeys("ResponseCache", options, known);
  const { now = Date.now, sqlite, truth, tier } = options;
  callable("now", now);
  if (truth !== undefined && !isTruthCheck(truth))
    rejectType("truth", "a check with functions isDue and check", truth);
  if (tier !== undefined && sqlite !== undefined)
    throw new TypeError("tier: not together with sqlite: nobody vouches for a file");
  const maxBytes = integer("maxBytes", options.maxBytes ?? defaults.maxBytes, 1);
  const maxEntryBytes = options.maxEntryBytes ?? Math.min(defaults.maxEntryBytes, Math.floor(maxBytes / 8));
  return {
    isShared: oneOf("type", options.type ?? "private", ["private", "shared"]) === "shared",
    maxBytes,
    maxUrls: options.maxUrls === undefined ? undefined : integer("maxUrls", options.maxUrls, 1),
    maxEntryBytes: integer("maxEntryBytes", maxEntryBytes, 0),
    sqlite: sqlite === undefined ? undefined : resolveSqlite(sqlite),
    openTier: tier === undefined ? undefined : () => tierOf(tier),
    coalesces: oneOf("coalesce", options.coalesce ?? true, [true, false]),
    heuristicFraction: finite(
      "heuristicFraction",
      options.heuristicFraction ?? defaults.heuristicFraction,
      0,
      1,
    ),
    maxHeuristicMs: durationMs("maxHeuristicMs", options.maxHeuristicMs ?? defaults.maxHeuristicMs),
    defaultLifetimeMs: durationMs(
      "defaultLifetimeMs",
      options.defaultLifetimeMs ?? defaults.defaultLifetimeMs,
    ),
    staleIfErrorMs: durationMs("staleIfErrorMs", options.staleIfErrorMs ?? defaults.staleIfErrorMs),
    revalidateTimeoutMs: durationMs(
      "revalidateTimeoutMs",
      options.revalidateTimeoutMs ?? defaults.revalidateTimeoutMs,
      1,
    ),
    truth,
    now,
    clock: options.clock ?? systemClock,
  };
}

function resolveSqlite(sqlite: SqliteStoreOptions): { readonly path: string; readonly maxBytes: number } {
  knownKeys("sqlite", sqlite, ["path", "maxBytes"]);
  if (typeof sqlite.path !== "string" || sqlite.path === "")
    rejectType("sqlite.path", "the path of a file", sqlite.path);
  return {
    path: sqlite.path,
    maxBytes: integer("sqlite.maxBytes", sqlite.maxBytes ?? defaults.sqliteMaxBytes, 1),
  };
}
