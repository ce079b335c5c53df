/** A server in a process of its own, so that its work isn't counted as the client's. Says its port, and ends with its parent. */
import { createServer } from "node:http";

const body = JSON.stringify({ id: 7, name: "Ada Lovelace", tags: ["a", "b", "c"], active: true, score: 0.5 });

const server = createServer((request, response) => {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "content-length": String(body.length),
  };
  if (request.url?.startsWith("/cached")) headers["cache-control"] = "max-age=3600";
  response.writeHead(200, headers);
  response.end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as { port: number }).port));
process.once("disconnect", () => process.exit());
