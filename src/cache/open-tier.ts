import { UnknownSchemeError } from "../errors.ts";
import { optionsObject } from "../options.ts";
import type { MemcachedTierOptions } from "./memcached/memcached-options.ts";
import { MemcachedTier } from "./memcached/memcached-tier.ts";
import type { RedisTierOptions } from "./redis/options.ts";
import { openRedisTier } from "./redis/tier.ts";
import type { SharedTier } from "./shared-tier.ts";

/** Where a shared server is, by its URL; the rest is the tier's own. */
export type TierOptions = { readonly url: string } & (
  | Omit<RedisTierOptions, "url" | "cluster" | "sentinel">
  | Omit<MemcachedTierOptions, "servers" | "username" | "password">
);

const redisSchemes = ["redis", "rediss", "valkey", "valkeys"];
const schemes = [...redisSchemes, "memcached"];

/**
 * Opens the tier that a URL names: `redis://user:password@host:6379/0` and `valkey://…`, with TLS `rediss://` and
 * `valkeys://`; `memcached://user:password@host:11211,host:11211`. Clusters and sentinels: {@link openRedisTier}.
 * A server that is down is no error: the tier connects when it is there.
 * @throws {UnknownSchemeError} for any other scheme
 * @throws {MissingDriverError} when the server's client isn't installed
 * @throws {TypeError | RangeError} on a wrong option; never with what the URL holds
 */
export async function openTier(options: TierOptions): Promise<SharedTier> {
  optionsObject("tier", options);
  const { url, ...rest } = options;
  const scheme = typeof url === "string" ? /^([a-z]+):\/\//.exec(url)?.[1] : undefined;
  if (scheme === undefined)
    throw new TypeError("url: expected the URL of a shared server, such as redis://localhost:6379");
  if (!schemes.includes(scheme)) throw new UnknownSchemeError(scheme, schemes);
  if (redisSchemes.includes(scheme))
    return openRedisTier({ ...(rest as RedisTierOptions), url: url.replace(/^valkey/, "redis") });
  return new MemcachedTier({ ...(rest as Partial<MemcachedTierOptions>), ...memcachedPlace(url) });
}

function memcachedPlace(url: string): Pick<MemcachedTierOptions, "servers" | "username" | "password"> {
  const [, login, hosts = ""] = /^memcached:\/\/(?:([^@/]*)@)?([^/?#]*)\/?$/.exec(url) ?? [];
  if (hosts === "")
    throw new TypeError("url: expected memcached://host:port, with commas between several servers");
  const [username, password] = (login?.split(":", 2) ?? []).map(decodeURIComponent);
  return { servers: hosts.split(","), username, password };
}
