// As light a client as can be: on each of 16 connections a request at a time, all of them answered before the next 16,
// so that a slow machine doesn't change how many requests a server finds at once.
import { once } from "node:events";
import { connect } from "node:net";

const port = Number(process.argv[2]);
const connections = 16;
const request = Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
let size = 0;
let missing = 0;
let left = 0;

const sockets = [];
for (let i = 0; i < connections; i++) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  sockets.push(socket);
}
sockets[0].write(request);
size = (await once(sockets[0], "data"))[0].length;
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
  missing = now * size;
  for (let i = 0; i < now; i++) sockets[i].write(request);
}

process.on("message", (count) => {
  left = count;
  next();
});
process.on("disconnect", () => {
  for (const socket of sockets) socket.destroy();
});
process.send("connected");
