import { createHash } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Arm } from "../../../measure/arm.ts";
import { quantile } from "../../../measure/order-statistics.ts";
import { OriginProcess } from "./origin-process.ts";
import { distantOrigin, type RequestMix, requestedIds } from "./request-mix.ts";
import { resourceText } from "./resource-reply.ts";

/** What all arms of the network's rows are told. */
export interface RequestsWork {
  readonly mix: RequestMix;
  /** Whether some of the requests fail. */
  readonly isUnreliable: boolean;
  /** Callers, each of which makes its next request when the one before has been answered. */
  readonly callers: number;
  /** A call that takes longer, in milliseconds, has failed; its client is told. */
  readonly deadlineMs: number;
}

/** What a client answered. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** A way of making requests. */
export interface Client {
  /** @returns the response, body and all; rejects when there is none by the deadline */
  get(url: string): Promise<Reply>;
  counters?(): Record<string, number>;
  close?(): Promise<void>;
}

/** What the calls of an arm came to. */
export interface RequestsAnswer {
  readonly calls: number;
  /** Answered by 200 with another body than the resource's; where no request fails, also those without a 200. */
  readonly wrong: number;
  /** Of all bodies in the order of the requests; where some of these fail, which is a matter of time too, there is none. */
  readonly digest?: string;
}

/** Starts an origin that the process trusts, and makes the requests, which one round is. */
export async function requestsArm(work: RequestsWork, open: () => Client | Promise<Client>): Promise<Arm> {
  const ids = requestedIds(work.mix);
  const origin = await OriginProcess.start(distantOrigin(work.mix.seed, work.isUnreliable));
  setDefaultCACertificates([...getCACertificates("default"), origin.ca]);
  const client = await open();
  const replies: (Reply | undefined)[] = [];
  const times: number[] = [];
  let runMs = 0;
  const ask = async (i: number): Promise<void> => {
    const startedMs = performance.now();
    // A call that fails counts as such, whatever its error.
    const reply = await client.get(`${origin.url}/${work.mix.kind}/${ids[i]}`).catch(() => undefined);
    times[i] = performance.now() - startedMs;
    replies[i] = reply !== undefined && times[i]! <= work.deadlineMs ? reply : undefined;
  };
  const answers = (): (string | undefined)[] =>
    replies.map((reply) => (reply?.status === 200 ? reply.text : undefined));
  return {
    run: async () => {
      const startedMs = performance.now();
      let next = 0;
      const caller = async (): Promise<void> => {
        while (next < ids.length) await ask(next++);
      };
      await Promise.all(Array.from({ length: work.callers }, caller));
      runMs = performance.now() - startedMs;
    },
    answer: (): RequestsAnswer => {
      const texts = answers();
      const mayFail = (text: string | undefined): boolean => work.isUnreliable && text === undefined;
      const wrong = texts.filter((text, i) => !mayFail(text) && text !== resourceText(ids[i]!));
      const all = { calls: times.length, wrong: wrong.length };
      if (work.isUnreliable) return all;
      return { ...all, digest: createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 16) };
    },
    counters: async () => {
      const { requests, connections } = await origin.stats();
      const calls = times.length;
      return {
        calls,
        latencyNs: (1e6 * times.reduce((sum, ms) => sum + ms, 0)) / calls,
        p99Ns: 1e6 * quantile(times, 0.99),
        perSecond: (1000 * calls) / runMs,
        succeeded: answers().filter((text) => text !== undefined).length / calls,
        atOrigin: requests,
        connections,
        ...client.counters?.(),
      };
    },
    close: async () => {
      await client.close?.();
      await origin.close();
    },
  };
}
