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

/** Does `count` requests, 50 at once, each of them to another URL, and reads the JSON of each. */
function arm(once: (url: string) => Promise<Item>, args: unknown, close?: () => Promise<void>): Arm {
  const { url } = args as Args;
  let sum = 0;
  return {
    async run(count) {
      let left = count;
      const worker = async (_: unknown, place: number): Promise<void> => {
        // Identical ones in flight would become one request.
        const own = `${url}/${place}`;
        while (left-- > 0) sum += (await once(own)).id;
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
    },
    answer: async () => (await once(url)).id,
    counters: () => ({ sum }),
    ...(close && { close }),
  };
}

export const globalFetch = (args: unknown): Arm =>
  arm(async (url) => (await fetch(url)).json() as Promise<Item>, args);

export function byUndiciRequest(args: unknown): Arm {
  const dispatcher = new Agent({ connections: atOnce });
  const once = async (url: string): Promise<Item> =>
    (await undiciRequest(url, { dispatcher })).body.json() as Promise<Item>;
  return arm(once, args, () => dispatcher.close());
}

export function byUndiciFetch(args: unknown): Arm {
  const dispatcher = new Agent({ connections: atOnce });
  const once = async (url: string): Promise<Item> =>
    (await undiciFetch(url, { dispatcher })).json() as Promise<Item>;
  return arm(once, args, () => dispatcher.close());
}

function optimizer(args: unknown, options: NetworkOptimizerOptions): Arm {
  const http = new NetworkOptimizer({ connectionPoolSize: atOnce, ...options });
  return arm(
    async (url) => (await http.request("GET", url)).json<Item>(),
    args,
    () => http.close(),
  );
}

export const ours = (args: unknown): Arm => optimizer(args, { hedge: {} });

export const oursBare = (args: unknown): Arm =>
  optimizer(args, { redirects: false, retry: false, circuit: false, limit: false });

export function byGot(args: unknown): Arm {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: atOnce });
  return arm((url) => got(url, { agent: { http: agent } }).json<Item>(), args);
}

export function byAxios(args: unknown): Arm {
  const client = axios.create({ httpAgent: new HttpAgent({ keepAlive: true, maxSockets: atOnce }) });
  return arm(async (url) => (await client.get<Item>(url)).data, args);
}

export function byNodeHttp(args: unknown): Arm {
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
