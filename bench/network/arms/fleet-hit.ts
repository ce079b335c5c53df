import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Arm } from "../../../src/measure/index.ts";
import { NetworkOptimizer } from "../../../src/network/index.ts";

interface Args {
  readonly url: string | undefined;
  /** Whether another node has the responses, and this one asks for each once. */
  readonly isOthers: boolean;
}

const urls = 3_000;

/** GETs of 1 KiB that may be cached. */
export async function fleetHit({ url, isOthers }: Args): Promise<Arm> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.writeHead(200, { "cache-control": "max-age=600" }).end("x".repeat(1024));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = () =>
    new NetworkOptimizer({ cacheSize: 2 * urls, ...(url !== undefined && { tier: { url } }) });
  const ready = async (node: NetworkOptimizer) => {
    while (url !== undefined && !node.getStats().cache?.tier?.isUsable)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const node = open();
  await ready(node);
  if (isOthers) {
    const other = open();
    await ready(other);
    for (let i = 0; i < urls; i++) await (await other.request("GET", `${origin}/${i}`)).text();
    await other.close();
  }
  let next = 0;
  let length = 0;
  const read = async () => {
    const path = isOthers ? next++ % urls : 0;
    return (await (await node.request("GET", `${origin}/${path}`)).text()).length;
  };
  if (!isOthers) await read();
  return {
    async run(count) {
      for (let i = 0; i < count; i++) length += await read();
    },
    answer: read,
    counters: () => ({ requests, length }),
    async close() {
      await node.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
