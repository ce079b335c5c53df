import { type Clock, systemClock } from "../../clock.ts";
import { durationMs, finite, integer, knownKeys, reject, rejectType } from "../../options.ts";

/** Where the servers are, and how long to wait for them. */
export interface MemcachedTierOptions {
  /**
   * `host:port` of each; IPv6 in brackets, port 11211 where none is given. The same list in the same order in all processes;
   * when it changes, `clear()` once, since a server may come back into it with what it held long ago. For the same reason an address
   * must lead to one server, not to a proxy that fails over.
   */
  readonly servers: readonly string[];
  /** Names what `clear` forgets. @default "default" */
  readonly namespace?: string | undefined;
  /** For SASL; memjs has no TLS, so that it passes the network readable. @default none */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Until an unanswered command rejects, and its connection is made anew; milliseconds ≥ 1. @default 500 */
  readonly timeoutMs?: number | undefined;
  /** Commands that may be under way for each server; more reject at once. An integer ≥ 16. @default 10_000 */
  readonly maxQueued?: number | undefined;
  /**
   * Bytes of a value, its generations included, that the servers take; larger ones aren't sent, and reject as `full`. Just
   * below the `-I` that they were started with, 1 MiB if none. An integer ≥ 1. @default 1_048_000
   */
  readonly maxValueBytes?: number | undefined;
  /**
   * How long `isCurrent` may go on without asking the servers anew, milliseconds ≥ 0: so long may a process serve from memory
   * what another has forgotten, unless it catches up with a token. @default 0
   */
  readonly trustMs?: number | undefined;
  /** Longest pause between two attempts to connect, milliseconds ≥ 1. @default 1_000 */
  readonly maxReconnectMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Checked, with every default filled in. */
export interface MemcachedSettings {
  readonly servers: readonly ServerAddress[];
  readonly namespace: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly timeoutMs: number;
  readonly maxQueued: number;
  readonly maxValueBytes: number;
  readonly trustMs: number;
  readonly maxReconnectMs: number;
  readonly clock: Clock;
}

export const memcachedDefaults = Object.freeze({
  namespace: "default",
  timeoutMs: 500,
  maxQueued: 10_000,
  maxValueBytes: 1_048_000,
  trustMs: 0,
  maxReconnectMs: 1000,
});

const longestMs = 2 ** 31 - 1;

/** @throws {TypeError | RangeError} naming the option, what was expected and what came; never with the password */
export function resolveMemcachedOptions(options: MemcachedTierOptions): MemcachedSettings {
  knownKeys("MemcachedTier", options, [
    "servers",
    "username",
    "password",
    "clock",
    ...Object.keys(memcachedDefaults),
  ]);
  const { servers, username, password, clock = systemClock } = options;
  const merged = { ...memcachedDefaults, ...definedOf(options) };
  if (!Array.isArray(servers)) rejectType("servers", "an array of host:port", servers);
  if (servers.length === 0) throw new RangeError("servers: expected at least one host:port, got none");
  if (typeof merged.namespace !== "string") rejectType("namespace", "a string", merged.namespace);
  for (const [name, value] of Object.entries({ username, password }))
    if (value !== undefined && typeof value !== "string") throw new TypeError(`${name}: expected a string`);
  if ((username === undefined) !== (password === undefined))
    throw new TypeError("username, password: expected both or none");
  return {
    servers: servers.map(addressOf),
    namespace: merged.namespace,
    username,
    password,
    timeoutMs: finite("timeoutMs", merged.timeoutMs, 1, longestMs),
    maxQueued: integer("maxQueued", merged.maxQueued, 16),
    maxValueBytes: integer("maxValueBytes", merged.maxValueBytes, 1),
    trustMs: durationMs("trustMs", merged.trustMs),
    maxReconnectMs: finite("maxReconnectMs", merged.maxReconnectMs, 1, longestMs),
    clock,
  };
}

const definedOf = (options: MemcachedTierOptions): Partial<typeof memcachedDefaults> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Of a host and a port alone: whatever else a URL could hold, such as a password, isn't told of in a message. */
function addressOf(server: unknown): ServerAddress {
  if (typeof server !== "string") rejectType("servers", "host:port", server);
  const parts = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(server);
  const port = Number(parts?.[3] ?? 11_211);
  if (parts === null || port < 1 || port > 65_535)
    reject("servers", "host:port", server.includes("@") ? "something with an @ in it" : server);
  return { host: (parts[1] ?? parts[2]) as string, port };
}
