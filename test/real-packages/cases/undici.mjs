// Two copies of undici beside Node's own: clients, pools, agents, errors, interceptors, mocks.
import undici7 from "undici7";
import undici8 from "undici8";
import { origin, pause, run } from "../harness.mjs";

const server = await origin();
const cases = {};
for (const [name, undici] of Object.entries({ undici7, undici8 })) {
  const { request, stream, pipeline, fetch, Client, Pool, Agent, MockAgent, RetryAgent, interceptors, FormData, getGlobalDispatcher, setGlobalDispatcher } = undici;
  const add = (what, body) => {
    cases[`${name} ${what}`] = body;
  };
  const text = async (answer) => [answer.statusCode, await answer.body.text()];
  add("request", async () => text(await request(`${server.named}/text`)));
  add("request json", async () => (await request(`${server.url}/json`)).body.json());
  add("post", async () => (await request(`${server.url}/echo`, { method: "POST", body: "hello", headers: { "x-a": "1" } })).body.json());
  add("404", async () => text(await request(`${server.url}/none`)));
  add("503", async () => text(await request(`${server.url}/status/503`)));
  add("refused", () => request("http://127.0.0.1:1/"));
  add("missing name", () => request("http://name.invalid/"));
  add("reset", () => request(`${server.url}/reset`));
  add("half", async () => (await request(`${server.url}/half`)).body.text());
  add("headers timeout", () => request(`${server.url}/never`, { headersTimeout: 200 }));
  add("abort", () => request(`${server.url}/never`, { signal: AbortSignal.timeout(30) }));
  add("invalid", () => request("ftp://x"));
  add("stream", async () => {
    const { Writable } = await import("node:stream");
    const chunks = [];
    await stream(`${server.url}/slow-body`, { opaque: chunks }, ({ opaque }) => new Writable({ write: (chunk, _, done) => { opaque.push(String(chunk)); done(); } }));
    return chunks;
  });
  add("pipeline", async () => {
    const body = pipeline(`${server.url}/echo`, { method: "PUT" }, ({ body }) => body);
    body.end("piped");
    let all = "";
    for await (const chunk of body) all += chunk;
    return JSON.parse(all).body;
  });
  add("client", async () => {
    const client = new Client(server.url, { pipelining: 2 });
    const answers = await Promise.all([1, 2, 3].map(async () => text(await client.request({ path: "/text", method: "GET" }))));
    await client.close();
    return [answers, client.closed, client.destroyed];
  });
  add("pool", async () => {
    const before = server.connections();
    const pool = new Pool(server.url, { connections: 2 });
    await Promise.all(Array.from({ length: 6 }, async () => text(await pool.request({ path: "/slow-body", method: "GET" }))));
    const { connected, pending, queued, running, size } = pool.stats;
    await pool.close();
    return [server.connections() - before, { connected, pending, queued, running, size }];
  });
  add("closed", async () => {
    const agent = new Agent();
    await agent.close();
    return request(server.url, { dispatcher: agent });
  });
  add("redirect", async () => text(await request(`${server.url}/redirect`, { dispatcher: new Agent().compose(interceptors.redirect({ maxRedirections: 2 })) })));
  add("retry", async () => text(await request(`${server.url}/fails/2/${name}`, { dispatcher: new RetryAgent(new Agent(), { minTimeout: 1, maxRetries: 4 }) })));
  add("retry in vain", async () => text(await request(`${server.url}/status/503`, { dispatcher: new RetryAgent(new Agent(), { minTimeout: 1, maxTimeout: 2, maxRetries: 1 }) })));
  add("mock", async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent.get("http://mocked.test").intercept({ path: "/" }).reply(201, { mocked: true });
    return text(await request("http://mocked.test/", { dispatcher: agent }));
  });
  add("mock unmatched", () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    return request("http://other.test/", { dispatcher: agent });
  });
  add("fetch", async () => (await fetch(`${server.url}/json`)).json());
  add("fetch form", async () => {
    const form = new FormData();
    form.append("a", "1");
    return (await (await fetch(`${server.url}/echo`, { method: "POST", body: form })).json()).method;
  });
  add("fetch refused", () => fetch("http://127.0.0.1:1/"));
  add("set global", async () => {
    const before = getGlobalDispatcher();
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent.get("http://mocked.test").intercept({ path: "/" }).reply(200, "by mock").persist();
    setGlobalDispatcher(agent);
    const own = await (await fetch("http://mocked.test/")).text();
    const nodes = await globalThis.fetch("http://mocked.test/").then((answer) => answer.text(), (error) => error.message);
    setGlobalDispatcher(before);
    return [own, nodes, getGlobalDispatcher() === before, before.constructor.name];
  });
  add("diagnostics", async () => {
    const channel = await import("node:diagnostics_channel");
    const seen = [];
    const listener = ({ request: sent }) => seen.push([sent.method, sent.path]);
    channel.subscribe("undici:request:create", listener);
    await text(await request(`${server.url}/text`));
    channel.unsubscribe("undici:request:create", listener);
    return seen;
  });
}
cases["node fetch beside copies"] = async () => (await fetch(`${server.named}/text`)).text();
cases["dispatchers"] = () => ["1", "2"].map((n) => globalThis[Symbol.for(`undici.globalDispatcher.${n}`)]?.constructor.name);
await run(cases);
await pause(10);
server.close();
process.exit();
