import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Transport } from "../../../../src/network/transport/transport.ts";
import { dispatched } from "../../../support/dispatched.ts";
import { certificate, http2Server, httpServer, tcpServer } from "../../../support/local-servers.ts";

const run = promisify(execFile);
const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
const source = url("../../../../src/network/transport/transport.ts");
const support = url("../../../support/dispatched.ts");

/** Runs a script in a process of its own; rejects unless that ends by itself, with code 0. */
async function inProcess(script: string, env: Record<string, string> = {}): Promise<string> {
  const prelude = `import { Transport } from ${source}; import { dispatched } from ${support};`;
  const { stdout } = await run(
    process.execPath,
    ["--no-warnings", "--input-type=module", "--experimental-strip-types", "--eval", prelude + script],
    { env: { ...process.env, ...env } },
  );
  return stdout.trim();
}

describe("a transport's life", () => {
  it("finishes what is under way or waits when it is closed, and takes nothing more", async () => {
    await using server = await httpServer((request, response) =>
      setTimeout(() => response.end(request.url), 10),
    );
    const transport = new Transport({ connectionsPerOrigin: 2 });
    const sent = ["/1", "/2", "/3", "/4", "/5"].map((path) =>
      dispatched(transport.dispatch, { origin: server.origin, path }),
    );
    const closed = transport.close();
    await expect(dispatched(transport.dispatch, { origin: server.origin })).rejects.toMatchObject({
      code: "VICTOR_CLOSED",
    });
    await closed;
    expect((await Promise.all(sent)).map(({ body }) => body)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
    expect(transport.stats()).toMatchObject({ connections: 0, waiting: 0, inFlight: 0 });
    await transport.close();
  });

  it("finishes streams of HTTP/2 when it is closed", async () => {
    await using server = await http2Server((secure) =>
      secure.on("stream", (stream, headers) =>
        setTimeout(() => {
          stream.respond({ ":status": 200 });
          stream.end(headers[":path"]);
        }, 10),
      ),
    );
    const transport = new Transport({ tls: { ca: certificate.cert } });
    const sent = ["/1", "/2", "/3"].map((path) =>
      dispatched(transport.dispatch, { origin: server.origin, path }),
    );
    await transport.close();
    expect((await Promise.all(sent)).map(({ body }) => body)).toEqual(["/1", "/2", "/3"]);
  });

  it("fails what is under way, what waits, and what came before undici was loaded when it is destroyed", async () => {
    await using silent = await tcpServer(() => undefined);
    const early = new Transport();
    const before = dispatched(early.dispatch, { origin: silent.origin });
    await Promise.all([expect(before).rejects.toThrow("cut"), early.destroy(new Error("cut"))]);

    const transport = new Transport({ connectionsPerOrigin: 1 });
    const sent = [1, 2, 3].map(() => dispatched(transport.dispatch, { origin: silent.origin }));
    const results = Promise.allSettled(sent);
    while (transport.stats().connections === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await transport.destroy(new Error("cut"));
    for (const result of (await results) as PromiseRejectedResult[])
      expect(result.reason.message).toBe("cut");
    await expect(dispatched(transport.dispatch, { origin: silent.origin })).rejects.toThrow("cut");
  });

  it("leaves the process's own dispatcher alone", async () => {
    await using server = await httpServer((_request, response) => response.end());
    const script = `
      const symbols = ["undici.globalDispatcher.1", "undici.globalDispatcher.2"].map(Symbol.for);
      const before = symbols.map((symbol) => symbol in globalThis);
      const transport = new Transport();
      await dispatched(transport.dispatch, { origin: process.env.ORIGIN });
      await transport.dispatcher();
      const after = symbols.map((symbol) => symbol in globalThis);
      await fetch(process.env.ORIGIN);
      console.log(JSON.stringify({ before, after, requests: transport.stats().requests }));`;
    expect(JSON.parse(await inProcess(script, { ORIGIN: server.origin }))).toEqual({
      before: [false, false],
      after: [false, false],
      requests: 1,
    });
  });

  it("doesn't keep a process alive that has nothing more to do", async () => {
    await using server = await httpServer((_request, response) => response.end("done"));
    await using secure = await http2Server((h2) =>
      h2.on("request", (_request, response) => response.end("done")),
    );
    const script = `
      const transport = new Transport({ keepAliveTimeoutMs: 600_000, pingIntervalMs: 600_000, tls: { ca: process.env.CA } });
      for (const origin of process.env.ORIGINS.split(" "))
        console.log((await dispatched(transport.dispatch, { origin })).body);`;
    const env = { ORIGINS: `${server.origin} ${secure.origin}`, CA: certificate.cert };
    expect(await inProcess(script, env)).toBe("done\ndone");
  });

  it("keeps a process alive while somebody waits for a connection", async () => {
    await using server = await tcpServer(() => undefined, "https");
    const script = `
      const transport = new Transport({ connectTimeoutMs: 300 });
      await dispatched(transport.dispatch, { origin: process.env.ORIGIN }).catch(({ code }) => console.log(code));`;
    expect(await inProcess(script, { ORIGIN: server.origin })).toBe("UND_ERR_CONNECT_TIMEOUT");
  });

  it("is a dispatcher of undici's for those who want one", async () => {
    await using server = await httpServer((_request, response) => response.end("hello"));
    const transport = new Transport();
    const dispatcher = await transport.dispatcher();
    const { body } = await dispatcher.request({ origin: server.origin, path: "/", method: "GET" });
    expect(await body.text()).toBe("hello");
    const aborting = new AbortController();
    await using silent = await tcpServer(() => undefined, "https");
    const waiting = dispatcher.request({
      origin: silent.origin,
      path: "/",
      method: "GET",
      signal: aborting.signal,
    });
    aborting.abort(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    const composed = dispatcher.compose(
      (dispatch) => (options, handler) => dispatch({ ...options, path: "/x" }, handler),
    );
    expect((await composed.request({ origin: server.origin, path: "/", method: "GET" })).statusCode).toBe(
      200,
    );
    await dispatcher.close();
    expect(transport.stats().connections).toBe(0);
  });

  it("checks its options", () => {
    for (const options of [
      { connectionsPerOrigin: 0 },
      { sessionsPerOrigin: 1.5 },
      { connectTimeoutMs: 0 },
      { coldWaitMs: -1 },
      { protocol: "http3" as never },
      { keepAliveTimeoutMs: Number.POSITIVE_INFINITY },
    ])
      expect(() => new Transport(options)).toThrow(RangeError);
    for (const options of [{ tls: 1 as never }, { socketPath: 1 as never }, { connections: 1 } as never])
      expect(() => new Transport(options)).toThrow(TypeError);
  });
});
