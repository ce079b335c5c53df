/** More would be taken for a date: seconds since 1970. */
const mostSeconds = 30 * 24 * 60 * 60;

/**
 * Memcached counts whole seconds by a clock that ticks once in each, so that an item lives up to a second less than it
 * was given.
 * @param ms > 0; may be `Infinity`
 * @returns seconds after which an item is gone: at least `ms`, up to two seconds longer; 30 days at most
 */
export function expirySeconds(ms: number): number {
  return Math.min(Math.ceil(ms / 1000) + 1, mostSeconds);
}
