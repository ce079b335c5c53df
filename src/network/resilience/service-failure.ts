import { codeOf, retriedErrorCodes } from "./repeatable.ts";

const furtherCodes: readonly string[] = [
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "VICTOR_DEADLINE",
];
/** No HTTP, no TLS, or nobody vouches for it. */
const brokenCodes = /^(?:HPE_|ERR_TLS_|ERR_SSL_|EPROTO$)|CERT|_SIGNATURE$/;

/**
 * @returns whether the error is the service's: its connection failed or timed out. A caller who gave up, a full queue of our own and
 * a wrong argument say nothing of it.
 * @internal
 */
export function isServiceFailure(error: unknown): boolean {
  if (error instanceof Error && error.name === "TimeoutError") return true;
  const code = codeOf(error);
  if (code === undefined) return false;
  return retriedErrorCodes.includes(code) || furtherCodes.includes(code) || brokenCodes.test(code);
}
