import { createHmac, timingSafeEqual } from "node:crypto";
import { finite, knownKeys, rejectType } from "../../options.ts";

/** Seconds since 1970 at which the request was signed. */
export const timestampHeader = "x-victor-timestamp";
/** `v1=` and the signature in hexadecimal. */
export const signatureHeader = "x-victor-signature";

/** @returns `v1=` + HMAC-SHA256(secret, timestamp + "." + body) in hexadecimal */
export function signWebhook(secret: string, timestamp: string, body: string | Uint8Array): string {
  return `v1=${createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex")}`;
}

export interface WebhookRequest {
  /** One, or several while secrets are changed: any may fit. Not empty. */
  readonly secret: string | readonly string[];
  /** The bytes as they came, before any parsing. */
  readonly body: string | Uint8Array;
  /** Of the header `x-victor-timestamp`. */
  readonly timestamp: string | undefined;
  /** Of the header `x-victor-signature`. */
  readonly signature: string | undefined;
  /** An older or newer request is refused, so that a recorded one can't be sent again later. @default 300_000 */
  readonly toleranceMs?: number | undefined;
  /** @default Date.now() */
  readonly nowUnixMs?: number | undefined;
}

const known = ["secret", "body", "timestamp", "signature", "toleranceMs", "nowUnixMs"];

/**
 * For the receiver of a webhook: whether the request comes from one who has the secret, and is fresh. Compares in constant time.
 * @returns false for anything missing, malformed, stale or forged
 * @throws {TypeError | RangeError} when the receiver's own options are wrong
 */
export function verifyWebhook(request: WebhookRequest): boolean {
  knownKeys("verifyWebhook", request, known);
  const { body, timestamp, signature, nowUnixMs = Date.now() } = request;
  const toleranceMs = finite("toleranceMs", request.toleranceMs ?? 300_000, 0);
  const secrets = typeof request.secret === "string" ? [request.secret] : request.secret;
  for (const secret of secrets) checkSecret(secret);
  if (typeof body !== "string" && !(body instanceof Uint8Array))
    rejectType("body", "the bytes as they came", body);
  if (typeof timestamp !== "string" || !/^\d{1,12}$/.test(timestamp)) return false;
  if (typeof signature !== "string") return false;
  if (Math.abs(nowUnixMs - 1000 * Number(timestamp)) > toleranceMs) return false;
  const given = Buffer.from(signature);
  let fits = false;
  for (const secret of secrets) {
    const own = Buffer.from(signWebhook(secret, timestamp, body));
    if (own.length === given.length && timingSafeEqual(own, given)) fits = true;
  }
  return fits;
}

/** The message never holds the secret. */
export function checkSecret(secret: unknown): asserts secret is string {
  if (typeof secret !== "string" || secret.length < 16)
    throw new TypeError("secret: expected a string of at least 16 characters");
}
