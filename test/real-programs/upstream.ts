/** What proxies fetch from: answers 2 KiB of JSON after 2 ms. Prints its port, and ends with its standard input. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const body = JSON.stringify(
  Array.from({ length: 40 }, (_, id) => ({ id, name: `item ${id}`, tags: ["a", "b"] })),
);
const server = createServer((_, response) => {
  setTimeout(() => {
    response.writeHead(200, { "content-type": "application/json", "cache-control": "max-age=60" });
    response.end(body);
  }, 2);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on("end", () => process.exit());
