import { expect, vi } from "vitest";
import { ResponseCache, type ResponseCacheOptions } from "../../../src/network/cache/response-cache.ts";
import type { Dispatch } from "../../../src/network/policy.ts";
import { send } from "./client.ts";
import type { Reply, SentRequest } from "./origin.ts";
import { epoch, type Script } from "./script.ts";

/** What plays an origin: in memory, or over a socket. */
export interface Stage {
  readonly origin: string;
  readonly dispatch: Dispatch;
  /** Everything that was asked so far. */
  readonly sent: readonly SentRequest[];
  set now(now: number);
  set reply(reply: (sent: SentRequest) => Reply);
}

/** The nodes that take the steps in turn. */
export type OpenNodes = (options: ResponseCacheOptions & { now: () => number }) => readonly ResponseCache[];

const oneNode: OpenNodes = (options) => [new ResponseCache(options)];

/**
 * Plays a script, and expects of each step what it says. Where several nodes take turns, one may ask the origin for what another
 * has; never may it answer where the origin is to be asked.
 * @returns steps that were answered without the origin
 */
export async function play({ name, options, steps }: Script, stage: Stage, open = oneNode): Promise<number> {
  let now = epoch;
  let reused = 0;
  stage.now = now;
  const nodes = open({ ...options, now: () => now });
  using disposables = new DisposableStack();
  for (const node of nodes) disposables.use(node);
  const bodies: string[] = [];
  for (const [i, step] of steps.entries()) {
    const cache = nodes[i % nodes.length]!;
    const dispatch = cache.policy(stage.dispatch);
    now += (step.after ?? 0) * 1000;
    stage.now = now;
    const own = `body ${i + 1} of ${name}`;
    bodies.push(own);
    let answered: Reply = {};
    stage.reply = (sent) => {
      const reply = typeof step.reply === "function" ? step.reply(now, sent) : (step.reply ?? {});
      answered = { body: own, ...reply };
      return answered;
    };
    const before = stage.sent.length;
    const kept = keptBy(cache);
    const call = send(dispatch, {
      origin: stage.origin,
      method: step.method ?? "GET",
      path: step.path ?? "/a",
      headers: step.headers ?? {},
      ...(step.body !== undefined && { body: step.body }),
    });
    const where = `step ${i + 1}`;
    if (nodes.length > 1) {
      await call.response.catch(() => undefined);
      for (const node of nodes) await node.settled();
      if (step.asks ?? i === 0) expect(stage.sent.length, `${where} asks the origin`).toBeGreaterThan(before);
      else if (stage.sent.length === before) reused++;
      continue;
    }
    if (step.fails) await expect(call.response, where).rejects.toThrow();
    const response = step.fails ? undefined : await call.response;
    if (step.inBackground) await vi.waitFor(() => expect(keptBy(cache)).toBe(kept + 1), { timeout: 60_000 });
    const asked = stage.sent.slice(before);
    expect(asked.length > 0, `${where} asks the origin`).toBe(step.asks ?? i === 0);
    for (const [field, value] of Object.entries(step.sends ?? {}))
      expect(asked[0]?.headers[field], `${where} sends ${field}`).toBe(value);
    if (response === undefined) continue;
    const isAsked = asked.length > 0;
    if (!isAsked) reused++;
    expect(response.status, `${where} has the status`).toBe(
      step.status ?? (isAsked ? (answered.status ?? 200) : 200),
    );
    if (step.from !== undefined) expect(response.body, where).toBe(bodies[step.from - 1]);
    if (step.text !== undefined) expect(response.body, where).toBe(step.text);
    for (const [field, value] of Object.entries(step.has ?? {}))
      expect(response.headers[field]?.toString(), `${where} has ${field}`).toBe(value);
    await cache.settled();
  }
  return reused;
}

function keptBy(cache: ResponseCache): number {
  const { stored, validated } = cache.stats();
  return stored + validated;
}
