import type { ConnectionOptions } from "node:tls";
import { durationMs, integer, knownKeys, optionsObject, reject, rejectType } from "../../options.ts";

/** Where the server is, and how long to wait for it. One of `url`, `cluster` and `sentinel` says where. */
export interface RedisTierOptions {
  /** One server: `redis://user:password@host:6379/0`, `rediss://` with TLS. */
  readonly url?: string;
  /** Some nodes of a Redis Cluster, as URLs; the others are learned from them. Login and TLS are taken from the first. */
  readonly cluster?: { readonly nodes: readonly string[] };
  /** Sentinels, as URLs, and the name of the master that they watch. Login and TLS of the master: `username`, `password`, `tls`. */
  readonly sentinel?: { readonly name: string; readonly nodes: readonly string[] };
  /** Of an ACL user. @default the URL's */
  readonly username?: string;
  /** @default the URL's */
  readonly password?: string;
  /** Number of the database; 0 in a cluster. @default the URL's, else 0 */
  readonly database?: number;
  /** TLS: `true`, or options of `tls.connect` such as `ca`. @default true with `rediss://` */
  readonly tls?: boolean | ConnectionOptions;
  /** Names what `clear` forgets. No braces. @default "default" */
  readonly namespace?: string;
  /** Before all keys on the server. No braces. @default "victor" */
  readonly prefix?: string;
  /** Until an unanswered command rejects, milliseconds, ≥ 1. @default 500 */
  readonly timeoutMs?: number;
  /** For a connection, its handshake included, milliseconds, ≥ 1. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Between two signs of life that are asked for, milliseconds, ≥ 10. @default 500 */
  readonly heartbeatMs?: number;
  /**
   * How long after a sign of life was asked for values may be served from memory, milliseconds, > `heartbeatMs`. So long at
   * most, after the network was cut, is something served that others have forgotten meanwhile. @default 2000
   */
  readonly trustMs?: number;
  /** Commands that may be under way on one connection; more reject at once, ≥ 1. @default 10000 */
  readonly maxQueued?: number;
  /** Keys and tags that the server is asked to tell of; the oldest are given up, ≥ 16. @default 100000 */
  readonly maxTracked?: number;
  /** Longest pause between two attempts to connect, milliseconds, ≥ 1. @default 2000 */
  readonly maxReconnectMs?: number;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database: number;
  readonly tls: ConnectionOptions | undefined;
}

export type RedisPlace =
  | { readonly kind: "single"; readonly address: RedisAddress; readonly login: RedisLogin }
  | { readonly kind: "cluster"; readonly nodes: readonly RedisAddress[]; readonly login: RedisLogin }
  | {
      readonly kind: "sentinel";
      readonly masterName: string;
      readonly nodes: readonly { readonly address: RedisAddress; readonly login: RedisLogin }[];
      readonly login: RedisLogin;
    };

export interface RedisSettings {
  readonly place: RedisPlace;
  readonly namespace: string;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly trustMs: number;
  readonly maxQueued: number;
  readonly maxTracked: number;
  readonly maxReconnectMs: number;
}

const defaults = Object.freeze({
  namespace: "default",
  prefix: "victor",
  timeoutMs: 500,
  connectTimeoutMs: 5000,
  heartbeatMs: 500,
  trustMs: 2000,
  maxQueued: 10_000,
  maxTracked: 100_000,
  maxReconnectMs: 2000,
});

const known = [
  "url",
  "cluster",
  "sentinel",
  "username",
  "password",
  "database",
  "tls",
  ...Object.keys(defaults),
];

/** @throws {TypeError | RangeError} that says which option is wrong, and nothing of what a URL holds */
export function resolveRedisOptions(options: RedisTierOptions): RedisSettings {
  knownKeys("redis tier", options, known);
  const heartbeatMs = durationMs("heartbeatMs", options.heartbeatMs ?? defaults.heartbeatMs, 10);
  const trustMs = durationMs("trustMs", options.trustMs ?? defaults.trustMs, 10);
  if (trustMs <= heartbeatMs) reject("trustMs", `more than heartbeatMs, ${heartbeatMs}`, trustMs);
  return {
    place: place(options),
    namespace: plainName("namespace", options.namespace ?? defaults.namespace),
    prefix: plainName("prefix", options.prefix ?? defaults.prefix),
    timeoutMs: durationMs("timeoutMs", options.timeoutMs ?? defaults.timeoutMs, 1),
    connectTimeoutMs: durationMs(
      "connectTimeoutMs",
      options.connectTimeoutMs ?? defaults.connectTimeoutMs,
      1,
    ),
    heartbeatMs,
    trustMs,
    maxQueued: integer("maxQueued", options.maxQueued ?? defaults.maxQueued, 1),
    maxTracked: integer("maxTracked", options.maxTracked ?? defaults.maxTracked, 16),
    maxReconnectMs: durationMs("maxReconnectMs", options.maxReconnectMs ?? defaults.maxReconnectMs, 1),
  };
}

function place(options: RedisTierOptions): RedisPlace {
  const { url, cluster, sentinel } = options;
  const given = [url, cluster, sentinel].filter((it) => it !== undefined).length;
  if (given !== 1) throw new TypeError(`redis tier: expected one of url, cluster and sentinel, got ${given}`);
  if (url !== undefined) {
    const { address, login } = parsedUrl("url", url);
    return { kind: "single", address, login: withOptions(login, options) };
  }
  if (cluster !== undefined) {
    const nodes = urls("cluster.nodes", cluster.nodes);
    const login = withOptions(nodes[0]!.login, options);
    if (login.database !== 0) reject("database", "0 in a cluster", login.database);
    return { kind: "cluster", nodes: nodes.map((node) => node.address), login };
  }
  optionsObject("sentinel", sentinel);
  if (typeof sentinel.name !== "string" || sentinel.name === "")
    rejectType("sentinel.name", "the name of a master", sentinel.name);
  const login = withOptions({ database: 0, tls: undefined }, options);
  return {
    kind: "sentinel",
    masterName: sentinel.name,
    nodes: urls("sentinel.nodes", sentinel.nodes, 26_379),
    login,
  };
}

function urls(name: string, nodes: unknown, port?: number): ReturnType<typeof parsedUrl>[] {
  if (!Array.isArray(nodes) || nodes.length === 0) rejectType(name, "a list of URLs", nodes);
  return nodes.map((node) => parsedUrl(name, node, port));
}

function parsedUrl(
  name: string,
  text: unknown,
  defaultPort = 6379,
): { address: RedisAddress; login: RedisLogin } {
  // The text stays out of all messages, since it may hold a password; and so does URL's own error, which holds the text.
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(redis|valkey)s?:$/.test(url.protocol) || url.hostname === "")
    throw new TypeError(
      `${name}: expected a URL such as redis://host:6379 or rediss://user:password@host:6379`,
    );
  const path = url.pathname.slice(1);
  if (!/^\d*$/.test(path)) throw new RangeError(`${name}: expected the number of a database after the host`);
  return {
    address: { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || defaultPort) },
    login: {
      username: url.username === "" ? undefined : decodeURIComponent(url.username),
      password: url.password === "" ? undefined : decodeURIComponent(url.password),
      database: Number(path),
      tls: /^(rediss|valkeys):$/.test(url.protocol) ? {} : undefined,
    },
  };
}

function withOptions(login: RedisLogin, { username, password, database, tls }: RedisTierOptions): RedisLogin {
  if (username !== undefined && typeof username !== "string") rejectType("username", "a text", username);
  // What came instead may be a secret as well.
  if (password !== undefined && typeof password !== "string")
    throw new TypeError("password: expected a text");
  if (tls !== undefined && typeof tls !== "boolean") optionsObject("tls", tls);
  return {
    username: username ?? login.username,
    password: password ?? login.password,
    database: integer("database", database ?? login.database, 0),
    tls: tls === undefined ? login.tls : tls === true ? (login.tls ?? {}) : tls === false ? undefined : tls,
  };
}

function plainName(name: string, value: unknown): string {
  if (typeof value !== "string") rejectType(name, "a text", value);
  if (!/^[^{}\s]+$/.test(value) || value.length > 200 || !value.isWellFormed())
    reject(name, "1 to 200 signs, without braces and blanks", value);
  return value;
}
