import { SharedTierError, type SharedTierFault } from "../../errors.ts";
import { thrownText } from "../../thrown-text.ts";

const faults: readonly (readonly [pattern: RegExp, reason: SharedTierFault])[] = [
  [/^OOM\b|\bOOM command not allowed/, "full"],
  [/^READONLY\b/, "read-only"],
  [/^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b|\bNOAUTH\b|no permissions|unable to authenticate/i, "denied"],
  [
    /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|BUSY|MASTERDOWN|NOREPLICAS|MISCONF|UNKILLABLE)\b/,
    "unavailable",
  ],
  [/The queue is full/, "busy"],
];

/** What a reply says that is an error of the server itself. */
export function isReply(thrown: unknown): thrown is Error {
  return thrown instanceof Error && /^[A-Z]{2,}\b/.test(thrown.message);
}

/** Turns what the client throws into our error, without anything secret. */
export class FaultTranslator {
  readonly #secrets: readonly string[];

  /** @param secrets texts that no message may hold */
  constructor(secrets: readonly (string | undefined)[]) {
    this.#secrets = secrets.filter((secret) => secret !== undefined && secret !== "") as string[];
  }

  translate(thrown: unknown): SharedTierError {
    if (thrown instanceof SharedTierError) return thrown;
    const text = this.#scrubbed(thrownText(thrown));
    const found = faults.find(([pattern]) => pattern.test(text))?.[1];
    const reason = found ?? (isReply(thrown) ? "protocol" : "unavailable");
    // The client's own error may carry the command with its arguments, so it isn't handed on itself.
    const cause = new Error(text);
    const code = (thrown as { readonly code?: unknown } | undefined)?.code;
    return new SharedTierError("redis", reason, `is ${said[reason]}: ${text}`, {
      cause: typeof code === "string" ? Object.assign(cause, { code }) : cause,
    });
  }

  #scrubbed(text: string): string {
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, "…"), text);
  }
}

const said: Readonly<Record<SharedTierFault, string>> = {
  unavailable: "unavailable",
  timeout: "too slow",
  full: "full",
  "read-only": "read-only",
  denied: "not allowed",
  protocol: "not understood",
  closed: "closed",
  busy: "busy",
};

export function tierFault(reason: SharedTierFault, why: string): SharedTierError {
  return new SharedTierError("redis", reason, `is ${said[reason]}: ${why}`);
}
