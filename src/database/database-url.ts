import { UnknownSchemeError } from "../errors.ts";

/** Where a database is, as its URL says. */
export type DatabaseAddress =
  | { readonly system: "sqlite" /** A file's path, or `:memory:`. */; readonly path: string }
  | { readonly system: "postgresql" | "mysql"; readonly url: string };

const schemes = ["sqlite", "postgres", "postgresql", "mysql", "mariadb"];

/**
 * Reads `sqlite::memory:`, `sqlite:relative.db`, `sqlite:/absolute.db`, `sqlite:///absolute.db`,
 * `postgres://user@host/name` and `postgresql://…`, `mysql://user@host/name` and `mariadb://…`; a bare `:memory:` is SQLite too.
 * @throws {UnknownSchemeError} for any other scheme
 * @throws {TypeError} for what is no URL
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url === ":memory:") return { system: "sqlite", path: url };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  // The URL may hold a password, so no message repeats it.
  if (scheme === undefined)
    throw new TypeError(`url: expected a database URL such as sqlite:app.db or postgres://localhost/app`);
  if (!schemes.includes(scheme)) throw new UnknownSchemeError(scheme, schemes);
  if (scheme === "mysql" || scheme === "mariadb") return { system: "mysql", url };
  if (scheme !== "sqlite") return { system: "postgresql", url };
  const path = decodeURIComponent(url.slice("sqlite:".length).replace(/^\/\/(?=\/|$)/, ""));
  if (path === "" || path.startsWith("//"))
    throw new TypeError("url: expected a path after sqlite:, as in sqlite:app.db or sqlite::memory:");
  return { system: "sqlite", path };
}
