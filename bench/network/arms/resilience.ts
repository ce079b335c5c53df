import type { Arm } from "../../../src/measure/index.ts";
import { quantile } from "../../../src/measure/index.ts";
import { type ClientName, type ClientOptions, clients, type Get } from "./clients.ts";
import { type ServiceKind, startService } from "./local-service.ts";

export interface ResilienceArgs {
  readonly client: ClientName;
  readonly service: ServiceKind;
  readonly options?: ClientOptions;
  readonly calls: number;
  readonly concurrency: number;
}

/** One operation is the whole scenario: all calls, so many at a time. */
export async function setup(args: unknown): Promise<Arm> {
  const { client, service, options = {}, calls, concurrency } = args as ResilienceArgs;
  const local = await startService(service, calls);
  const get = clients[client](options);
  const times: number[] = [];
  let [good, answered] = [0, 0];
  return {
    async run() {
      await Promise.all(
        Array.from({ length: concurrency }, async (_, first) => {
          for (let i = first; i < calls; i += concurrency) {
            const startedMs = performance.now();
            const response = await ended(get, local.url);
            times.push(performance.now() - startedMs);
            if (response !== undefined) answered++;
            if (response?.status === 200 && response.body === "fine") good++;
          }
        }),
      );
    },
    async counters() {
      const { requests, busiest, wave } = await local.counts();
      return {
        good: good / calls,
        answered: answered / calls,
        load: requests / calls,
        busiest: wave === 0 ? 0 : busiest / calls,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
      };
    },
    close: () => local.close(),
  };
}

/** A call that fails counts as such, whatever its error. */
async function ended(get: Get, url: string): Promise<Awaited<ReturnType<Get>> | undefined> {
  return get(url).catch(() => undefined);
}

/** Requests that need none of it, one after the other in 50 lanes; an operation is a request. */
export async function unneeded(args: unknown): Promise<Arm> {
  const { client } = args as ResilienceArgs;
  const local = await startService("plain");
  const get = clients[client]({ connections: 50 });
  let bytes = 0;
  return {
    async run(count) {
      let left = count;
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          while (left-- > 0) bytes += (await get(local.url)).body.length;
        }),
      );
    },
    answer: () => bytes > 0,
    close: () => local.close(),
  };
}
