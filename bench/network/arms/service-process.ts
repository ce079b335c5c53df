/** A local HTTP/1.1 server in a process of its own, so that its CPU isn't the client's. What it does stands in its argument. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { seededRandom } from "../../../src/measure/index.ts";
import type { ServiceCounts, ServiceKind } from "./local-service.ts";

const kind = process.argv[2] as ServiceKind;
const random = seededRandom(17);
const counts: ServiceCounts = { requests: 0, busiest: 0, wave: 0 };

const answer = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { "content-length": Buffer.byteLength(text) }).end(text);
};

/** Requests of a wave that wait to fail in the same moment, and when the others came. */
const held: ServerResponse[] = [];
const comes: number[] = [];
const waveSize = Number(process.argv[3] ?? 0);

const behaviours: Record<ServiceKind, (response: ServerResponse) => void> = {
  plain: (response) => answer(response, 200, "fine"),
  unavailable: (response) => answer(response, 503, "busy"),
  /** The first `waveSize` requests fail together; how the others come back is noted. */
  wave(response) {
    if (counts.requests > waveSize) {
      comes.push(performance.now());
      answer(response, 200, "fine");
    } else if (held.push(response) === waveSize) for (const each of held) answer(each, 503, "busy");
  },
  /** 2 % take 300 ms longer. */
  tail(response) {
    setTimeout(() => answer(response, 200, "fine"), random() < 0.02 ? 300 : 1 + 3 * random());
  },
  /** 20 ms; 22 % fail, in three ways. */
  flaky(response) {
    const luck = random();
    setTimeout(() => {
      if (luck < 0.08) answer(response, 503, "busy");
      else if (luck < 0.15) answer(response, 502, "no");
      else if (luck < 0.22) response.socket?.destroy();
      else answer(response, 200, "fine");
    }, 20);
  },
};

const server = createServer((request, response) => {
  counts.requests++;
  request.resume();
  behaviours[kind](response);
});
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: "127.0.0.1", backlog: 2048 }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
process.on("message", () => {
  comes.sort((a, b) => a - b);
  let from = 0;
  for (const [i, at] of comes.entries()) {
    while (comes[from]! <= at - 10) from++;
    counts.busiest = Math.max(counts.busiest, i - from + 1);
  }
  process.send?.({ ...counts, wave: comes.length });
});
process.on("disconnect", () => process.exit(0));
