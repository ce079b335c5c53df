import type { CacheBounds } from "../../algorithms/cache.ts";
import { type Clock, systemClock } from "../../clock.ts";
import {
  abortSignal,
  callable,
  durationMs,
  finite,
  integer,
  knownKeys,
  oneOf,
  reject,
  rejectType,
} from "../../options.ts";
import { type Codec, checkCodec } from "../codec/codec.ts";
import {
  type CompressionOptions,
  type ResolvedCompression,
  resolveCompression,
} from "../codec/compression.ts";
import { v8Codec } from "../codec/v8-codec.ts";
import type { SharedTier } from "../shared-tier.ts";

/** How long a value may be used, and how it is found again. */
export interface TieredEntryOptions {
  /** Milliseconds that it is fresh, > 0; `Infinity` for ever. @default the cache's */
  readonly ttlMs?: number | undefined;
  /**
   * Milliseconds past that for which it is still served, while one node of the fleet loads it anew in the background, ≥ 0.
   * Of the time when it was loaded and of the reader, the lesser counts. @default the cache's
   */
  readonly staleMs?: number | undefined;
  /**
   * Milliseconds past `ttlMs` for which it is served when the load fails, ≥ 0. Never once it was forgotten.
   * @default the cache's
   */
  readonly staleIfErrorMs?: number | undefined;
  /** Names by which `deleteByTag` finds it: of the call that loads. @default none */
  readonly tags?: readonly string[] | undefined;
}

/** What may be said of one `get`. */
export interface TieredGetOptions {
  /**
   * A `token()` of whoever changed something: what was forgotten before it was taken isn't served, on whichever node. Costs up
   * to a round trip.
   */
  readonly after?: string | undefined;
}

/** What may be said of one `getOrLoad`. */
export interface TieredLoadOptions extends TieredEntryOptions, TieredGetOptions {
  /**
   * Milliseconds for which it is remembered that the loader found `undefined` or `null`, ≥ 0.
   * At 0, `undefined` isn't cached, and `null` is a value as any other. @default the cache's
   */
  readonly negativeTtlMs?: number | undefined;
  /** Detaches this caller; the load itself is told to stop once nobody waits for it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds after which this caller gets a `DeadlineError`, > 0. A refresh in the background that the call begins is given up
   * after as long. @default Infinity
   */
  readonly timeoutMs?: number | undefined;
}

/** Gets a value from the source. The signal is there if the caller who began the load brought one, or a `timeoutMs`. */
export type TieredLoader<T> = (key: string, signal?: AbortSignal) => T | PromiseLike<T>;

/**
 * Told of what a user may want to log: that the server can't be asked any more, or can again; that something was forgotten
 * here and not there yet, since the server couldn't be told; that all of it was told.
 */
export type TieredCacheEvent =
  | { readonly type: "tier-down"; readonly error: unknown }
  | { readonly type: "tier-up" }
  | { readonly type: "pending"; readonly count: number }
  | { readonly type: "overflow"; readonly limit: number }
  | { readonly type: "replayed"; readonly count: number };

export interface TieredCacheOptions<V = unknown> {
  /** Of the cache, in metrics and messages. */
  readonly name: string;
  /** The server that several processes share; closed with the cache. @default none: a cache of this process alone */
  readonly tier?: SharedTier | undefined;
  /** Milliseconds that a value is fresh, > 0; `Infinity` for ever. */
  readonly ttlMs: number;
  /**
   * Bounds of what is kept in this process: entries (`maxSize`, 1 to 2²⁴), estimated bytes (`maxBytes`, ≥ 1), or both.
   * @default { maxSize: 10_000 }
   */
  readonly memory?:
    | { readonly maxSize?: number | undefined; readonly maxBytes?: number | undefined }
    | undefined;
  /** @default 0 */
  readonly staleMs?: number | undefined;
  /** @default 0 */
  readonly staleIfErrorMs?: number | undefined;
  /** @default 0 */
  readonly negativeTtlMs?: number | undefined;
  /** Each value's `ttlMs` is shortened by up to this share, at random, so that they don't end together; 0 to 1. @default 0.1 */
  readonly jitter?: number | undefined;
  /**
   * How eagerly a value is loaded anew before its time is over (XFetch's β), ≥ 0: each copy draws when, exponentially, on
   * average β times its load's duration before the end. 0 for never.
   * @see Vattani, Chierichetti, Lowenstein, Optimal Probabilistic Cache Stampede Prevention, 2015
   * @default 1
   */
  readonly earlyRefresh?: number | undefined;
  /**
   * `frozen`: plain objects and arrays are frozen, with all that they hold, and shared by all callers; that includes the object
   * that the loader returned or that was set. Of what can't be frozen, everybody gets a copy. `copied`: everybody gets a copy.
   * A copy is what the codec decodes. @default "frozen"
   */
  readonly values?: "frozen" | "copied" | undefined;
  /** @default v8Codec */
  readonly codec?: Codec<V> | undefined;
  readonly compression?: CompressionOptions | undefined;
  /** Larger values, in encoded bytes, are returned and not cached, an integer ≥ 1. @default 16 MiB */
  readonly maxValueBytes?: number | undefined;
  /** Milliseconds after which a call to the server is given up, > 0, finite. @default 50 */
  readonly tierTimeoutMs?: number | undefined;
  /** Calls to the server under way at most, an integer ≥ 1; beyond, the source is asked. @default 10_000 */
  readonly maxTierCalls?: number | undefined;
  /**
   * Milliseconds for which what was loaded while the server can't be asked is served from memory, by this process alone and
   * until it can be asked again, ≥ 0. @default 1_000
   */
  readonly degradedTtlMs?: number | undefined;
  /**
   * Milliseconds after which another node may load a key whose loader died, 1 to 2_592_000_000 (30 days): what every server can
   * keep. Prolonged while the loader lives. @default 2_000
   */
  readonly leaseMs?: number | undefined;
  /** Milliseconds that a load of another node is waited for; then this one loads as well, ≥ 0. @default 10_000 */
  readonly maxWaitMs?: number | undefined;
  /** Changes kept at most for a server that can't be told now, an integer ≥ 1; beyond, it will be told to forget all. @default 1_000 */
  readonly maxPending?: number | undefined;
  /** What it throws is an uncaught exception. @default nobody is told */
  readonly onEvent?: ((event: TieredCacheEvent) => void) | undefined;
  /** Of this process: ages, timers. @default systemClock */
  readonly clock?: Clock | undefined;
  /** From 0 up to, not including, 1. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Redis takes no part of a millisecond; Memcached takes more than 30 days for a date. */
const longestLeaseMs = 30 * 86_400_000;

const defaults = Object.freeze({
  staleMs: 0,
  staleIfErrorMs: 0,
  negativeTtlMs: 0,
  jitter: 0.1,
  earlyRefresh: 1,
  values: "frozen" as const,
  maxValueBytes: 16 * 2 ** 20,
  tierTimeoutMs: 50,
  maxTierCalls: 10_000,
  degradedTtlMs: 1_000,
  leaseMs: 2_000,
  maxWaitMs: 10_000,
  maxPending: 1_000,
});

const known = [
  ...Object.keys(defaults),
  ...["name", "tier", "ttlMs", "memory", "codec", "compression", "onEvent", "clock", "random"],
];

/** With every default filled in and every value checked. */
export interface ResolvedTieredOptions {
  readonly name: string;
  readonly tier: SharedTier | undefined;
  readonly ttlMs: number;
  readonly memory: CacheBounds;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  readonly negativeTtlMs: number;
  readonly jitter: number;
  readonly earlyRefresh: number;
  readonly values: "frozen" | "copied";
  readonly codec: Codec<unknown>;
  readonly compression: ResolvedCompression;
  readonly maxValueBytes: number;
  readonly tierTimeoutMs: number;
  readonly maxTierCalls: number;
  readonly degradedTtlMs: number;
  readonly leaseMs: number;
  readonly maxWaitMs: number;
  readonly maxPending: number;
  readonly onEvent: (event: TieredCacheEvent) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function resolveTieredOptions<V>(options: TieredCacheOptions<V>): ResolvedTieredOptions {
  knownKeys("TieredCache", options, known);
  const { name, tier, memory = {}, codec, onEvent = () => undefined } = options;
  const { clock = systemClock, random = Math.random } = options;
  if (typeof name !== "string" || name === "") rejectType("name", "a text that isn't empty", name);
  if (tier !== undefined && typeof tier?.acquire !== "function")
    rejectType("tier", "an open SharedTier, such as await openTier({ url })", tier);
  callable("onEvent", onEvent);
  callable("random", random);
  const value = <N extends keyof typeof defaults>(option: N) => options[option] ?? defaults[option];
  return {
    name,
    tier,
    ttlMs: durationMs("ttlMs", options.ttlMs, Number.MIN_VALUE),
    memory: memoryBounds(memory),
    staleMs: durationMs("staleMs", value("staleMs")),
    staleIfErrorMs: durationMs("staleIfErrorMs", value("staleIfErrorMs")),
    negativeTtlMs: durationMs("negativeTtlMs", value("negativeTtlMs")),
    jitter: finite("jitter", value("jitter"), 0, 1),
    earlyRefresh: finite("earlyRefresh", value("earlyRefresh"), 0),
    values: oneOf("values", value("values"), ["frozen", "copied"]),
    codec: codec === undefined ? v8Codec : checkCodec(codec as Codec<unknown>),
    compression: resolveCompression(options.compression),
    maxValueBytes: integer("maxValueBytes", value("maxValueBytes"), 1),
    tierTimeoutMs: finite("tierTimeoutMs", value("tierTimeoutMs"), Number.MIN_VALUE),
    maxTierCalls: integer("maxTierCalls", value("maxTierCalls"), 1),
    degradedTtlMs: durationMs("degradedTtlMs", value("degradedTtlMs")),
    leaseMs: finite("leaseMs", value("leaseMs"), 1, longestLeaseMs),
    maxWaitMs: durationMs("maxWaitMs", value("maxWaitMs")),
    maxPending: integer("maxPending", value("maxPending"), 1),
    onEvent: apart(onEvent),
    clock,
    random,
  };
}

/** Keeps what a listener throws from whoever happens to call the cache, and from its own timers. */
function apart(listener: (event: TieredCacheEvent) => void): (event: TieredCacheEvent) => void {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

function memoryBounds(memory: NonNullable<TieredCacheOptions["memory"]>): CacheBounds {
  knownKeys("memory", memory, ["maxSize", "maxBytes"]);
  const { maxSize, maxBytes } = memory;
  if (maxBytes === undefined) return { maxSize: integer("memory.maxSize", maxSize ?? 10_000, 1, 2 ** 24) };
  return {
    ...(maxSize !== undefined && { maxSize: integer("memory.maxSize", maxSize, 1, 2 ** 24) }),
    maxWeight: integer("memory.maxBytes", maxBytes, 1),
  };
}

const entryOptions = ["ttlMs", "staleMs", "staleIfErrorMs", "tags"];
const loadOptions = [...entryOptions, "negativeTtlMs", "signal", "timeoutMs", "after"];

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function checkTieredEntry(
  where: string,
  options: TieredEntryOptions,
  allowed: readonly string[] = entryOptions,
): void {
  knownKeys(where, options, allowed);
  if (options.ttlMs !== undefined) durationMs("ttlMs", options.ttlMs, Number.MIN_VALUE);
  if (options.staleMs !== undefined) durationMs("staleMs", options.staleMs);
  if (options.staleIfErrorMs !== undefined) durationMs("staleIfErrorMs", options.staleIfErrorMs);
  if (options.tags !== undefined) checkTexts("tags", options.tags);
}

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function checkTieredLoad(options: TieredLoadOptions): void {
  checkTieredEntry("getOrLoad", options, loadOptions);
  if (options.negativeTtlMs !== undefined) durationMs("negativeTtlMs", options.negativeTtlMs);
  if (options.timeoutMs !== undefined) durationMs("timeoutMs", options.timeoutMs, Number.MIN_VALUE);
  checkToken(options.after);
  abortSignal(options.signal);
}

/** @throws {TypeError} when it isn't a text */
export function checkToken(after: unknown): void {
  if (after !== undefined && typeof after !== "string")
    rejectType("after", "a token, which is a text", after);
}

/** @throws {TypeError} when it isn't a text */
export function checkKey(key: unknown): void {
  if (typeof key !== "string") rejectType("key", "a text", key);
}

/** @throws {TypeError | RangeError} when they aren't texts, or too many */
export function checkTexts(name: string, texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) rejectType(name, "an array of texts", texts);
  if (texts.length > 10_000) reject(name, "at most 10,000 of them", texts.length);
  for (const [i, text] of texts.entries())
    if (typeof text !== "string") rejectType(`${name}[${i}]`, "a text", text);
}
