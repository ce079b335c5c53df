import { fork } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import type { Arm } from "../../../src/measure/index.ts";
import { NetworkOptimizer } from "../../../src/network/index.ts";
import type { Way } from "../../practice.ts";

interface Args {
  readonly way: Way;
}

interface Client {
  readonly origin: string;
  readonly http: NetworkOptimizer;
}

async function asking(
  { way }: Args,
  ways: Readonly<Record<Way, (client: Client) => Promise<unknown>>>,
): Promise<Arm> {
  const child = fork(new URL("./origin-process.ts", import.meta.url));
  const [port] = (await once(child, "message")) as [number];
  const client = { origin: `http://127.0.0.1:${port}`, http: new NetworkOptimizer() };
  const ask = (): Promise<unknown> => ways[way](client);
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await ask();
    },
    answer: ask,
    async close() {
      await client.http.close();
      child.disconnect();
    },
  };
}

const reading = (args: Args, path: string): Promise<Arm> =>
  asking(args, {
    bad: async ({ origin }) => await (await fetch(origin + path)).json(),
    good: async ({ origin, http }) => await (await http.request("GET", origin + path)).json(),
  });
export const fresh = (args: Args): Promise<Arm> => reading(args, "/fresh");
export const everDifferent = (args: Args): Promise<Arm> => reading(args, "/plain");

const twenty = Array.from({ length: 20 }, (_, i) => `/slow?${i}`);
export const batch = (args: Args): Promise<Arm> =>
  asking(args, {
    async bad({ origin, http }) {
      let answered = 0;
      for (const path of twenty)
        answered += (await http.request("GET", origin + path)).status === 200 ? 1 : 0;
      return answered;
    },
    async good({ origin, http }) {
      const requests = twenty.map((path) => ({ url: origin + path }));
      const all = await http.batchRequests(requests, { maxConcurrency: 5 });
      return all.filter(({ status }) => status === "fulfilled").length;
    },
  });

export async function flaky(args: Args): Promise<Arm> {
  let lost = 0;
  const count = async (ask: () => Promise<{ readonly status: number }>): Promise<void> => {
    for (let i = 0; i < 200; i++) if ((await ask()).status !== 200) lost++;
  };
  const { run, close } = await asking(args, {
    bad: ({ origin }) =>
      count(async () => {
        const response = await fetch(`${origin}/flaky`);
        await response.arrayBuffer();
        return response;
      }),
    good: ({ origin, http }) =>
      count(async () => {
        const response = await http.request("GET", `${origin}/flaky`);
        await response.text();
        return response;
      }),
  });
  return { run, close: close!, counters: () => ({ lost }) };
}

export const connections = (args: Args): Promise<Arm> =>
  asking(args, {
    async bad({ origin }) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      get(`${origin}/plain`, { agent: false }, (response) => resolve(text(response))).once("error", reject);
      return JSON.parse(await promise);
    },
    good: async ({ origin, http }) => await (await http.request("GET", `${origin}/plain`)).json(),
  });
