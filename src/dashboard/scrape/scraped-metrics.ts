import type { Labels, MetricSample } from "../../metrics/metric.ts";
import { durationMs, knownKeys, reject, rejectType } from "../../options.ts";
import type { AlertView } from "../panel-sources.ts";
import { expositionSamples } from "./exposition-samples.ts";

export interface ScrapeOptions {
  /** Metrics endpoints of other processes, `http:` or `https:`; with several, a label `instance` tells them apart. */
  readonly targets: readonly string[];
  /** Sent as `Authorization: Bearer` to each. */
  readonly bearerToken?: string | undefined;
  /** Until an endpoint's answer must be there, ms. @default 2000 */
  readonly timeoutMs?: number | undefined;
}

/** Metrics of other processes, to be given to `startDashboard` as `registry`, `refresh` and `alerts`. */
export interface ScrapedMetrics {
  /** What the endpoints said last, and for each a gauge `up`. */
  collect(): readonly MetricSample[];
  /** Asks all endpoints. Never rejects: one that fails has no samples until it answers again. */
  refresh(): Promise<void>;
  /** The endpoints that can't be read. */
  active(): readonly AlertView[];
}

/** Longest answer that is read, bytes. */
const maxAnswerBytes = 32 * 1024 * 1024;

interface Target {
  readonly url: string;
  readonly instance: string;
  readonly labels: Labels;
  samples: readonly MetricSample[];
  /** Why it can't be read. */
  failure: string | undefined;
  sinceMs: number;
}

/**
 * Reads the metrics of other processes from their Prometheus endpoints.
 * @throws {TypeError | RangeError} for what is no valid option
 */
export function scrapeMetrics(options: ScrapeOptions): ScrapedMetrics {
  knownKeys("scrapeMetrics", options, ["targets", "bearerToken", "timeoutMs"]);
  const { targets, bearerToken } = options;
  if (!Array.isArray(targets)) rejectType("targets", "an array of URLs", targets);
  if (targets.length < 1 || targets.length > 32) reject("targets", "1 to 32 URLs", targets.length);
  if (bearerToken !== undefined && (typeof bearerToken !== "string" || !/^[\x21-\x7e]+$/.test(bearerToken)))
    rejectType("bearerToken", "a text without spaces", typeof bearerToken);
  const timeoutMs = Math.min(durationMs("timeoutMs", options.timeoutMs ?? 2_000, 1), 60_000);
  const urls = [...new Set(targets.map(checkedUrl))];
  const known = urls.map((url): Target => {
    const instance = instanceOf(url, urls);
    const labels: Labels = targets.length > 1 ? { instance } : {};
    return { url, instance, labels, samples: [], failure: undefined, sinceMs: Date.now() };
  });
  const headers: Record<string, string> = { Accept: "text/plain;version=0.0.4" };
  if (bearerToken !== undefined) headers.Authorization = `Bearer ${bearerToken}`;

  const read = async (target: Target): Promise<void> => {
    try {
      const text = await readText(target.url, headers, timeoutMs);
      target.samples = expositionSamples(text, target.labels);
      target.failure = undefined;
    } catch (error) {
      if (target.failure === undefined) target.sinceMs = Date.now();
      target.failure = reasonOf(error);
      target.samples = [];
    }
  };
  return {
    async refresh() {
      await Promise.all(known.map(read));
    },
    collect: () =>
      known.flatMap(({ instance, samples, failure }): readonly MetricSample[] => {
        const up = {
          type: "gauge",
          name: "up",
          help: "Whether the endpoint could be read.",
          unit: "",
        } as const;
        return [{ ...up, labels: { instance }, value: failure === undefined ? 1 : 0 }, ...samples];
      }),
    active: () =>
      known.flatMap(({ url, failure, sinceMs }) =>
        failure === undefined
          ? []
          : [
              {
                rule: "metrics endpoint",
                severity: "critical",
                state: "firing",
                sinceMs,
                value: undefined,
                reason: `${url}: ${failure}`,
                labels: {},
              },
            ],
      ),
  };
}

/** The host, as Prometheus has it; with what follows where two endpoints are of one host, whose series would be one. */
function instanceOf(url: string, all: readonly string[]): string {
  const { host, pathname, search } = new URL(url);
  const isAlone = all.filter((other) => new URL(other).host === host).length === 1;
  return isAlone ? host : `${host}${pathname}${search}`;
}

function checkedUrl(given: unknown): string {
  const url = URL.parse(String(given));
  if (typeof given !== "string" || url === null || !/^https?:$/.test(url.protocol))
    return reject("targets", "URLs of http: or https:", given);
  if (url.username !== "" || url.password !== "")
    return reject("targets", "URLs without a password", "one that has");
  return url.href;
}

async function readText(url: string, headers: Record<string, string>, timeoutMs: number): Promise<string> {
  const response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > maxAnswerBytes) throw new Error(`its answer is longer than ${maxAnswerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** `fetch` says "fetch failed", and why only in the cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const { message, code } = (cause ?? error) as { message?: string; code?: string };
  return message || code || String(error);
}
