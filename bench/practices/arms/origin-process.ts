/** A server in a process of its own, so that its work isn't the client's. Says its port, and ends with its parent. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const body = JSON.stringify({ id: 7, name: "Ada Lovelace", tags: ["a", "b", "c"], score: 0.5 });
let asked = 0;

const answer = (response: ServerResponse, status: number, lifetime: string): void => {
  response.writeHead(status, { "content-type": "application/json", "cache-control": lifetime }).end(body);
};

const server = createServer(({ url = "/" }, response) => {
  if (url === "/fresh") answer(response, 200, "max-age=3600");
  else if (url === "/flaky") answer(response, ++asked % 10 === 0 ? 503 : 200, "no-store");
  else setTimeout(answer, url.startsWith("/slow") ? 5 : 0, response, 200, "no-store");
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
