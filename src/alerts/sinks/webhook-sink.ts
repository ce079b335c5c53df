import { type Clock, systemClock } from "../../clock.ts";
import { AlertDeliveryError } from "../../errors.ts";
import { callable, durationMs, finite, knownKeys, reject } from "../../options.ts";
import type { AlertNotification, AlertSink } from "../notification.ts";
import { checkSecret, signatureHeader, signWebhook, timestampHeader } from "./webhook-signature.ts";

export interface WebhookSinkOptions {
  /** `https:` or `http:`, without user name and password. It may hold a secret: no error or count shows more than its origin. */
  readonly url: string | URL;
  /** Signs the requests, ≥ 16 characters. @default none, and requests are not signed */
  readonly secret?: string | undefined;
  /** Sent with each request, such as `authorization`. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For one attempt, ms. @default 5000 */
  readonly attemptTimeoutMs?: number | undefined;
  /** For all attempts at one notification and the waits between them, ms. @default 30_000 */
  readonly timeoutMs?: number | undefined;
  /** @default "webhook" */
  readonly name?: string | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Spreads the waits, 0 to 1. @default Math.random */
  readonly random?: (() => number) | undefined;
}

const known = ["url", "secret", "headers", "attemptTimeoutMs", "timeoutMs", "name", "clock", "random"];
const baseDelayMs = 250;
const maxDelayMs = 8000;

/** What an attempt came to: `undefined` when it was taken. */
interface Failure {
  readonly why: string;
  readonly isFinal: boolean;
}

/**
 * Posts each notification as JSON, signed. A failed connection, a timeout and the statuses 408, 425, 429 and 5xx are tried again,
 * after waits of 0.25, 0.5, … 8 s with jitter, until the deadline. Redirects are not followed: they would take the
 * signed body elsewhere. `x-victor-delivery` is the same in all attempts at one notification, for the receiver to tell repeats.
 * @throws {TypeError | RangeError} on a wrong option; no message holds the URL's path, the headers or the secret
 */
export function webhookSink(options: WebhookSinkOptions): AlertSink {
  knownKeys("webhookSink", options, known);
  const { secret, attemptTimeoutMs = 5000, timeoutMs = 30_000, name = "webhook" } = options;
  const { clock = systemClock, random = Math.random } = options;
  const url = checkedUrl(options.url);
  if (secret !== undefined) checkSecret(secret);
  const headers = checkedHeaders(options.headers ?? {});
  durationMs("attemptTimeoutMs", attemptTimeoutMs, 1);
  finite("timeoutMs", timeoutMs, 1);
  callable("random", random);

  const attempt = async (
    body: string,
    delivery: string,
    signal: AbortSignal,
  ): Promise<Failure | undefined> => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const own = new Headers(headers);
    own.set("content-type", "application/json");
    own.set("x-victor-delivery", delivery);
    own.set(timestampHeader, timestamp);
    if (secret !== undefined) own.set(signatureHeader, signWebhook(secret, timestamp, body));
    try {
      const response = await fetch(url, { method: "POST", body, headers: own, redirect: "manual", signal });
      const { status } = response;
      // What it says is of no interest and may be endless; that it is cut off is none either, once there is a status.
      await response.body?.cancel().then(undefined, () => undefined);
      if (status >= 200 && status < 300) return undefined;
      const isFinal = status < 500 && ![408, 425, 429].includes(status);
      return { why: `status ${status}`, isFinal };
    } catch (error) {
      return { why: codeOf(error), isFinal: false };
    }
  };

  return {
    name,
    async notify(notification: AlertNotification, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify(notification);
      const delivery = `${notification.id}-${notification.state}`;
      const deadline = clock.now() + timeoutMs;
      for (let retry = 0; ; retry++) {
        const leftMs = deadline - clock.now();
        using limit = limited(clock, Math.min(attemptTimeoutMs, leftMs), signal);
        const failure = await attempt(body, delivery, limit.signal);
        if (failure === undefined) return;
        const why = limit.isOver ? "no answer in time" : failure.why;
        const delayMs = Math.min(maxDelayMs, baseDelayMs * 2 ** retry) * (0.5 + random() / 2);
        if (failure.isFinal || signal.aborted || clock.now() + delayMs >= deadline)
          throw new AlertDeliveryError(name, url.origin, retry + 1, signal.aborted ? "given up" : why);
        using wait = limited(clock, delayMs, signal);
        await wait.over;
      }
    },
  };
}

/** A signal that aborts after `ms`, or with another. */
function limited(clock: Clock, ms: number, outer: AbortSignal) {
  const own = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    own.abort();
    resolve();
  };
  const timer = clock.setTimeout(end, Math.max(0, ms));
  if (outer.aborted) end();
  else outer.addEventListener("abort", end, { once: true });
  return {
    signal: own.signal,
    over,
    get isOver(): boolean {
      return own.signal.aborted;
    },
    [Symbol.dispose](): void {
      clock.clearTimeout(timer);
      outer.removeEventListener("abort", end);
    },
  };
}

/** Of a failed fetch: its code alone, since messages may name what is secret. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
  }
  return error instanceof Error ? error.name : "failed";
}

function checkedUrl(given: unknown): URL {
  const url = URL.parse(String(given));
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username || url.password)
    throw new TypeError("url: expected an http: or https: URL without user name and password");
  return url;
}

function checkedHeaders(given: Readonly<Record<string, string>>): Headers {
  for (const name of Object.keys(given))
    if (/^(content-type|x-victor-.*)$/i.test(name)) reject("headers", "none that the sink sets itself", name);
  try {
    return new Headers(given);
  } catch {
    throw new TypeError("headers: expected names and values that HTTP allows");
  }
}
