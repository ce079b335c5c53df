// Who asks, and who is asked in turn: as light as can be, in a process of its own that is never measured. On each of 16
// connections a request at a time, all of them answered before the next 16, so that a slow machine doesn't change how many
// requests a server finds at once.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

// Before anything is awaited: the server may end at any time.
process.on("disconnect", () => process.exit());
const connections = 16;
const stock = JSON.stringify(
  Array.from({ length: 12 }, (_, id) => ({ id, name: `article ${id}`, left: (id * 7) % 5 })),
);

const asked = createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(stock);
});
asked.keepAliveTimeout = 0;
asked.listen(0, "127.0.0.1");
await once(asked, "listening");
process.send(asked.address().port);
const [{ port, path }] = await once(process, "message");

const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
const sockets = [];
for (let i = 0; i < connections; i++) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  sockets.push(socket);
}
sockets[0].write(request);
const [first] = await once(sockets[0], "data");
if (!first.toString().startsWith("HTTP/1.1 200 ")) throw new Error(first.toString());
let missing = 0;
let left = 0;
for (const socket of sockets) socket.on("data", received);

function received(chunk) {
  missing -= chunk.length;
  if (missing === 0) next();
}

function next() {
  if (left === 0) {
    process.send("done");
    return;
  }
  const now = Math.min(left, connections);
  left -= now;
  missing = now * first.length;
  for (let i = 0; i < now; i++) sockets[i].write(request);
}

process.on("message", (count) => {
  left = count;
  next();
});
process.send("connected");
