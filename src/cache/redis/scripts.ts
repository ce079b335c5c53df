import { createHash } from "node:crypto";

/** A script and its name on the server. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

function script(source: string): RedisScript {
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/**
 * In all: KEYS are the value and the lease of one key. What the server is to tell of later is read first, so that it tells of
 * this write, too, and can be counted on to; and read last, since a write ends the telling.
 */

/** ARGV: token, milliseconds, "1" when a stored value doesn't count, start of a value that doesn't count. */
export const acquireScript = script(`
if ARGV[3] == '0' then
  local value = redis.pcall('GET', KEYS[1])
  if type(value) == 'string' and (ARGV[4] == '' or string.sub(value, 1, #ARGV[4]) ~= ARGV[4]) then return value end
end
if type(redis.pcall('GET', KEYS[2])) == 'string' then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('EXISTS', KEYS[2])
return 1`);

/** ARGV: token, milliseconds, value. */
export const fillScript = script(`
if redis.pcall('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('EXISTS', KEYS[1])
return 1`);

/** ARGV: token, milliseconds. */
export const renewScript = script(`
if redis.pcall('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('EXISTS', KEYS[2])
return 1`);

/** ARGV: token. */
export const releaseScript = script(`
if redis.pcall('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
return 1`);

/** KEYS: a generation. ARGV: a random text, milliseconds. */
export const generationScript = script(`
local present = redis.pcall('GET', KEYS[1])
if type(present) == 'string' then return present end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('EXISTS', KEYS[1])
return ARGV[1]`);
