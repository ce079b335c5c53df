import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startRedis } from "../../../services/redis.ts";
import { useService } from "../../../services/use-service.ts";

/** A process with an optimizer of its own. */
class NetworkNode {
  readonly process: ChildProcess;
  readonly #waiting = new Map<number, (answer: readonly unknown[]) => void>();
  #orders = 0;

  constructor(url: string) {
    this.process = fork(new URL("../../../support/network-node.ts", import.meta.url), [url]);
    this.process.on("message", ([id, ...answer]: [number, ...unknown[]]) => this.#waiting.get(id)!(answer));
  }

  async tell(method: string, url = "", headers: Record<string, string> = {}): Promise<string> {
    const id = this.#orders++;
    this.process.send([id, method, url, headers]);
    const [text] = await new Promise<readonly unknown[]>((resolve) => this.#waiting.set(id, resolve));
    return text as string;
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.disconnect();
    await ended;
  }
}

describe("two processes and a Redis", () => {
  const redis = useService(() => startRedis());
  let nodes: NetworkNode[];
  let origin: string;
  let requests = 0;
  let hold: Promise<void> | undefined;
  let headers: Record<string, string>;
  const server = createServer(async (_request, response: ServerResponse) => {
    const body = `answer ${++requests}`;
    await hold;
    response.writeHead(200, headers).end(body);
  });

  beforeEach(async () => {
    requests = 0;
    hold = undefined;
    headers = { "cache-control": "max-age=600" };
    await redis().command("FLUSHALL");
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    nodes = [new NetworkNode(redis().url), new NetworkNode(redis().url)];
    await Promise.all(nodes.map((node) => node.tell("ready")));
  });

  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  /** Times that a node went on without the server. */
  const missed = async (): Promise<number> => {
    const times = await Promise.all(nodes.map((node) => node.tell("missed")));
    return times.reduce((sum, text) => sum + Number(text), 0);
  };

  /** Does it again, under another path, where a node went without the server meanwhile: it does after 50 ms, which a busy machine takes. */
  const withServer = async (work: (url: string) => Promise<void>): Promise<void> => {
    for (let run = 0; ; run++) {
      requests = 0;
      const before = await missed();
      const [outcome] = await Promise.allSettled([work(`${origin}/${run}`)]);
      if ((await missed()) > before) continue;
      if (outcome.status === "rejected") throw outcome.reason;
      return;
    }
  };

  test("what one stored the other has, and what one changed the other asks for anew", () =>
    withServer(async (path) => {
      const [a, b] = nodes;
      const url = `${path}?token=hunter2`;
      expect(await a!.tell("GET", url)).toBe("answer 1");
      expect(await b!.tell("GET", url)).toBe("answer 1");
      expect(await b!.tell("GET", url)).toBe("answer 1");
      await b!.tell("POST", url);
      expect(requests).toBe(2);
      // The other node is told a moment after the answer to the POST.
      await vi.waitFor(async () => expect(await a!.tell("GET", url)).toBe("answer 3"), { timeout: 60_000 });
      expect(await redis().command("KEYS", "*")).not.toContain("hunter2");
    }));

  test("a cold burst on both is one request to the origin", () =>
    withServer(async (url) => {
      const gate = Promise.withResolvers<void>();
      hold = gate.promise;
      const asked = nodes.flatMap((node) => Array.from({ length: 20 }, () => node.tell("GET", url)));
      await vi.waitFor(() => expect(requests).toBeGreaterThan(0), { timeout: 60_000 });
      gate.resolve();
      expect(new Set(await Promise.all(asked))).toEqual(new Set(["answer 1"]));
      expect(requests).toBe(1);
    }));

  test("what is for one user stays in the process that asked for it", () =>
    withServer(async (url) => {
      const get = (node: NetworkNode, user: string) =>
        node.tell("GET", url, { authorization: `Bearer ${user}` });
      for (const node of nodes) await get(node, "ann");
      expect(requests).toBe(2);
      // It is kept a moment after the answer, when the server has been told of it.
      const kept: string[] = [];
      for (const node of nodes)
        await vi.waitFor(
          async () => {
            const before = requests;
            const answer = await get(node, "ann");
            expect(requests).toBe(before);
            kept.push(answer);
          },
          { timeout: 60_000 },
        );
      expect(kept[0]).not.toBe(kept[1]);
      const before = requests;
      await get(nodes[1]!, "bob");
      expect(requests).toBe(before + 1);
    }));

  test("a server that is killed fails no request, and serves again when it is back", async () => {
    const [a, b] = nodes;
    await a!.tell("GET", `${origin}/c`);
    await redis().kill("SIGKILL");
    for (const node of [a!, b!, a!, b!]) expect(await node.tell("GET", `${origin}/c`)).toMatch(/^answer/);
    await redis().restart();
    await Promise.all(nodes.map((node) => node.tell("ready")));
    const before = requests;
    for (const node of [a!, b!, a!, b!]) expect(await node.tell("GET", `${origin}/d`)).toMatch(/^answer/);
    expect(requests - before).toBeLessThan(4);
  });

  test("a node killed with SIGKILL in mid-load holds the other up for no longer than its lease", async () => {
    hold = new Promise(() => undefined);
    const [a, b] = nodes;
    void a!.tell("GET", `${origin}/e`);
    await vi.waitFor(() => expect(requests).toBe(1), { timeout: 60_000 });
    const waiting = b!.tell("GET", `${origin}/e`);
    hold = undefined;
    const gone = once(a!.process, "exit");
    a!.process.kill("SIGKILL");
    await gone;
    expect(await waiting).toBe("answer 2");
    expect(requests).toBe(2);
  });
});
