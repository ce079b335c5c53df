import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/index.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function packet(sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, body]);
}
const zero = (text: string): Buffer => Buffer.from(`${text}\0`);
/** A greeting of MySQL 8 without TLS, and all else that clients of today expect. */
const greeting = packet(
  0,
  Buffer.concat([
    Buffer.from([10]),
    zero("8.0.0"),
    Buffer.from([1, 0, 0, 0]),
    zero("12345678"),
    Buffer.from([0xff, 0xf7, 33, 2, 0, 0xff, 0x81, 21]),
    Buffer.alloc(10),
    zero("123456789012"),
    zero("mysql_native_password"),
  ]),
);
const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const switchTo = (plugin: string): Buffer =>
  packet(2, Buffer.concat([Buffer.from([0xfe]), zero(plugin), zero("12345678901234567890")]));

/** @returns the optimizer's failure, its whole text, and all that its connection sent */
async function meet(
  serve: (socket: Socket) => void,
  timeoutMs = 60_000,
): Promise<{ failure: unknown; told: string; sent: string }> {
  let sent = "";
  const server = createServer((socket) => {
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      sent += bytes.toString("latin1");
    });
    serve(socket);
  });
  closing.push(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const db = new DatabaseOptimizer({ url: `mysql://app:s3cret@127.0.0.1:${port}/app`, timeoutMs });
  const failure = await db.initialize().then(
    () => expect.unreachable("expected a failure"),
    (error: unknown) => error,
  );
  await db.close();
  const { message, stack, cause } = failure as Error;
  return { failure, told: [message, stack, JSON.stringify(failure), String(cause)].join("\n"), sent };
}

describe("A server that isn't what it should be", () => {
  test("doesn't get the password in clear text for asking", async () => {
    const { told, sent } = await meet((socket) => {
      socket.write(greeting);
      socket.once("data", () => socket.write(switchTo("mysql_clear_password")));
    });
    expect(told).toMatch(/clear text/);
    expect(sent).toMatch(/app/);
    expect(sent + told).not.toMatch(/s3cret/);
  });

  test("doesn't get a file of this machine for asking", async () => {
    const { told, sent } = await meet((socket) => {
      socket.write(greeting);
      socket.once("data", () => {
        socket.write(packet(2, ok));
        socket.on("data", () => socket.write(packet(1, Buffer.from("\u00fb/etc/passwd", "latin1"))));
      });
    });
    expect(told).toMatch(/INFILE/);
    expect(sent).not.toMatch(/root:/);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["hangs up", (socket) => socket.end()],
    ["says nothing", () => undefined],
    ["speaks HTTP", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["sends an empty packet", (socket) => socket.write(packet(0, Buffer.alloc(0)))],
    ["breaks off its greeting", (socket) => socket.write(greeting.subarray(0, 9))],
    [
      "wants an unknown plugin",
      (socket) => {
        socket.write(greeting);
        socket.once("data", () => socket.write(switchTo("__proto__")));
      },
    ],
    [
      "is silent once it has let us in",
      (socket) => {
        socket.write(greeting);
        socket.once("data", () => socket.write(packet(2, ok)));
      },
    ],
  ])("and %s costs an error in time, and nothing else", async (_, serve) => {
    const { failure, told } = await meet(serve, 1_000);
    expect(failure).toBeInstanceOf(Error);
    expect(told).not.toMatch(/s3cret/);
  });
});
