import { readFileSync } from "node:fs";
import { reject, rejectType } from "../../options.ts";
import type { MysqlTls } from "./mysql-client.ts";

/** Where a URL points to. Holds the password: no message repeats it. */
export interface MysqlTarget {
  readonly host: string;
  readonly port: number;
  readonly socketPath: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** `undefined`: without TLS. */
  readonly tls: MysqlTls | undefined;
}

const expected = "mysql://user:password@host:port/database or mariadb://…";
const parameters = ["ssl", "ssl-ca", "socketPath"];

/**
 * Reads `mysql://user:password@host:3306/database` and the same with `mariadb:`. Parameters: `ssl=true` (the
 * certificate is checked), `ssl=no-verify` (it isn't), `ssl-ca=/path/of/ca.pem` (checked by that authority), and
 * `socketPath=/path`. The package's own settings can't be given here: some would undo what facts and results rely on.
 * @throws {TypeError} for what is no such URL, or a parameter that isn't known
 * @throws {RangeError} for another value of `ssl`
 */
export function parseMysqlUrl(text: string): MysqlTarget {
  if (typeof text !== "string" || !URL.canParse(text) || !/^(mysql|mariadb):\/\//i.test(text))
    throw new TypeError(`url: expected ${expected}`);
  const url = new URL(text);
  // What a / or ? in the password cuts off would be a database, a parameter, and so part of messages and metrics.
  if (/@/.test(url.pathname + url.search + url.hash))
    throw new TypeError(
      `url: expected ${expected}, with /, ?, # and @ in its parts as %2F, %3F, %23 and %40`,
    );
  for (const name of url.searchParams.keys())
    if (!parameters.includes(name))
      throw new TypeError(`url: expected the parameters ${parameters.join(", ")}, got ${name}`);
  const database = decode(url.pathname.replace(/^\//, ""));
  return {
    host: decode(url.hostname.replace(/^\[(.*)\]$/, "$1")) ?? "localhost",
    port: url.port === "" ? 3306 : Number(url.port),
    socketPath: url.searchParams.get("socketPath") ?? undefined,
    user: decode(url.username),
    password: decode(url.password),
    database,
    tls: tlsOf(url.searchParams),
  };
}

/** `host:port/database`, for messages and metrics. */
export function addressOf({ host, port, socketPath, database }: MysqlTarget): string {
  return `${socketPath ?? `${host}:${port}`}${database === undefined ? "" : `/${database}`}`;
}

function decode(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // The part may be the password.
    throw new TypeError(`url: expected ${expected}, with % only as an escape`);
  }
}

function tlsOf(search: URLSearchParams): MysqlTls | undefined {
  const ssl = search.get("ssl");
  const file = search.get("ssl-ca");
  if (ssl !== null && !["true", "false", "no-verify"].includes(ssl))
    reject("url: ssl", "true, false or no-verify", ssl);
  if (file !== null && ssl !== null && ssl !== "true")
    rejectType("url: ssl-ca", "ssl=true beside it", `ssl=${ssl}`);
  if (file !== null) return { ca: readFileSync(file), verifyIdentity: true };
  if (ssl === "true") return { rejectUnauthorized: true, verifyIdentity: true };
  return ssl === "no-verify" ? { rejectUnauthorized: false } : undefined;
}
