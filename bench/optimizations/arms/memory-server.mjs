// Answers every request from memory: a program that gains nothing.
import { createServer } from "node:http";

const body = JSON.stringify({ answer: 42, text: "x".repeat(200) });
const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(body);
});
// A connection is idle while the other arm has its turn.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());
