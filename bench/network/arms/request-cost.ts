import { Agent as HttpAgent, request as httpRequest } from "node:http";
import axios from "axios";
import got from "got";
import { Agent, fetch as undiciFetch, request as undiciRequest } from "undici";
import type { Arm } from "../../../src/measure/index.ts";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import type { NetworkOptimizerOptions } from "../../../src/network/optimizer-options.ts";

interface Args {
  readonly url: string;
}

const atOnce = 50;

interface Item {
  readonly id: number;
}

/** Requests before anything is measured: what the compiler does with them would be counted as theirs. */
const warmup = 5000;

/** Does `count` requests, 50 at once, each of them to another URL, and reads the JSON of each. */
async function arm(
  once: (url: string) => Promise<Item>,
  args: unknown,
  close?: () => Promise<void>,
): Promise<Arm> {
  const { url } = args as Args;
  let sum = 0;
  const run = async (count: number): Promise<void> => {
    let left = count;
    const worker = async (_: unknown, place: number): Promise<void> => {
      // Identical ones in flight would become one request.
      const own = `${url}/${place}`;
      while (left-- > 0) sum += (await once(own)).id;
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  };
  await run(warmup);
  return {
    run,
    answer: async () => (await once(url)).id,
    counters: () => ({ sum }),
    ...(close && { close }),
  };
}

export const globalFetch = (args: unknown): Promise<Arm> =>
  arm(async (url) => (await fetch(url)).json() as Promise<Item>, args);

export function byUndiciRequest(args: unknown): Promise<Arm> {
  const dispatcher = new Agent({ connections: atOnce });
  const once = async (url: string): Promise<Item> =>
    (await undiciRequest(url, { dispatcher })).body.json() as Promise<Item>;
  return arm(once, args, () => dispatcher.close());
}

export function byUndiciFetch(args: unknown): Promise<Arm> {
  const dispatcher = new Agent({ connections: atOnce });
  const once = async (url: string): Promise<Item> =>
    (await undiciFetch(url, { dispatcher })).json() as Promise<Item>;
  return arm(once, args, () => dispatcher.close());
}

function optimizer(args: unknown, options: NetworkOptimizerOptions): Promise<Arm> {
  const http = new NetworkOptimizer({ connectionPoolSize: atOnce, ...options });
  return arm(
    async (url) => (await http.request("GET", url)).json<Item>(),
    args,
    () => http.close(),
  );
}

export const ours = (args: unknown): Promise<Arm> => optimizer(args, { hedge: { minDelayMs: 60_000 } });

export const oursBare = (args: unknown): Promise<Arm> =>
  optimizer(args, {
    redirects: false,
    retry: false,
    circuit: false,
    limit: false,
    cacheSize: 0,
    compression: false,
  });

export function byGot(args: unknown): Promise<Arm> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: atOnce });
  return arm((url) => got(url, { agent: { http: agent } }).json<Item>(), args);
}

export function byAxios(args: unknown): Promise<Arm> {
  const client = axios.create({ httpAgent: new HttpAgent({ keepAlive: true, maxSockets: atOnce }) });
  return arm(async (url) => (await client.get<Item>(url)).data, args);
}

export function byNodeHttp(args: unknown): Promise<Arm> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: atOnce });
  const once = (url: string): Promise<Item> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(url, { agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () => resolve(JSON.parse(text) as Item));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end();
    });
  return arm(once, args);
}
