import { MemoryHub } from "../../../src/cache/memory-hub.ts";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import { ResponseCache, type ResponseCacheOptions } from "../../../src/network/cache/response-cache.ts";
import { FakeClock, settle } from "../fake-clock.ts";
import { FaultyTier } from "../faulty-tier.ts";
import { type ClientRequest, send } from "./client.ts";
import { httpDate, Origin, type Reply } from "./origin.ts";

/** Several nodes on one hub, before one origin in memory; all go by one clock. */
export function fleetRoom(nodes: number, options: ResponseCacheOptions = {}) {
  const clock = new FakeClock();
  const now = () => 1_700_000_000_000 + clock.now();
  const hub = new MemoryHub({ clock });
  const origin = new Origin(now);
  /** All that went to the server, keys and values. */
  const written: string[] = [];
  const tiers = Array.from({ length: nodes }, () => new FaultyTier(spied(hub.connect(), written)));
  const caches = tiers.map((tier) => new ResponseCache({ now, clock, tier, ...options }));
  const get = (node: number, request: ClientRequest = {}) =>
    send(caches[node]!.policy(origin.dispatch), request);
  /** Answers all requests, and gives what was answered. */
  const ask = async (node: number, request: ClientRequest = {}, reply: Reply = {}) => {
    origin.reply = () => ({
      body: `answer ${origin.requests}`,
      headers: { "cache-control": "max-age=100" },
      ...reply,
    });
    const response = await get(node, request).response;
    origin.reply = undefined;
    await Promise.all(caches.map((cache) => cache.settled()));
    await settle();
    // What other nodes are told has arrived.
    for (const tier of tiers) tier.deliver();
    return response;
  };
  return { clock, now, hub, origin, tiers, caches, written, get, ask, date: () => httpDate(now()) };
}

function spied(tier: SharedTier, written: string[]): SharedTier {
  return new Proxy(tier, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => {
        for (const arg of args)
          written.push(arg instanceof Uint8Array ? Buffer.from(arg).toString("latin1") : JSON.stringify(arg));
        return Reflect.apply(value, target, args);
      };
    },
  });
}
