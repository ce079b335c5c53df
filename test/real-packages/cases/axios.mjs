// axios: both adapters, interceptors, errors, cancellation, forms, streams, limits, proxy, sockets.
import http from "node:http";
import os from "node:os";
import path from "node:path";
import axios from "axios";
import NodeFormData from "form-data";
import { onSocket, origin, proxy, run } from "../harness.mjs";

const server = await origin();
const through = await proxy();
const socketPath = path.join(os.tmpdir(), `axios-${process.pid}.sock`);
const atSocket = await onSocket((request, response) => response.end(`at a socket ${request.url}`), socketPath);
const brief = ({ status, statusText, data, headers }) => ({ status, statusText, data, type: headers["content-type"], connection: headers.connection });
const cases = {};
for (const adapter of ["http", "fetch"]) {
  const client = axios.create({ baseURL: server.named, adapter });
  const add = (name, body) => {
    cases[`${adapter} ${name}`] = async () => {
      try {
        return await body();
      } catch (error) {
        if (!axios.isAxiosError(error)) throw error;
        const { config: _, request, response, stack: __, ...json } = error.toJSON();
        throw Object.assign(error, { seen: { json, status: error.status, hasRequest: error.request !== undefined, data: error.response?.data, isCancel: axios.isCancel(error) } });
      }
    };
  };
  add("get", async () => brief(await client.get("/json")));
  add("text", async () => brief(await client.get("/text")));
  add("params", async () => (await client.get("/echo", { params: { a: [1, 2], b: { c: "x y" } } })).data.url);
  add("post", async () => (await client.post("/echo", { a: 1 })).data);
  add("put", async () => (await client.put("/echo", "raw")).data);
  add("patch", async () => (await client.patch("/echo", { b: null })).data);
  add("delete", async () => (await client.delete("/echo", { data: { c: 1 } })).data);
  add("head", async () => (await client.head("/text")).status);
  add("search params", async () => (await client.post("/echo", new URLSearchParams({ a: "1" }))).data);
  add("form", async () => (await client.postForm("/echo", { a: "1", "b[]": ["2", "3"] })).data.method);
  add("auth", async () => (await client.get("/echo", { auth: { username: "u", password: "p" } })).data.headers.authorization);
  add("404", () => client.get("/none"));
  add("503", () => client.get("/status/503"));
  add("quiet 404", async () => brief(await client.get("/none", { validateStatus: () => true })));
  add("redirect", async () => brief(await client.get("/redirect")));
  add("timeout", () => client.get("/never", { timeout: 60 }));
  add("timeout clarified", () => client.get("/never", { timeout: 60, transitional: { clarifyTimeoutError: true } }));
  add("abort", () => client.get("/never", { signal: AbortSignal.timeout(40) }));
  add("cancel", () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    return client.get("/never", { signal: controller.signal });
  });
  add("refused", () => axios.get("http://127.0.0.1:1/", { adapter }));
  add("missing", () => axios.get("http://name.invalid/", { adapter }));
  add("reset", () => client.get("/reset"));
  add("half", () => client.get("/half"));
  add("bad json", async () => brief(await client.get("/bad-json")));
  add("bad json strict", () => client.get("/bad-json", { responseType: "json", transitional: { silentJSONParsing: false } }));
  add("gzip", async () => (await client.get("/coded/gzip")).data);
  add("br", async () => (await client.get("/coded/br")).data);
  add("array buffer", async () => Buffer.from((await client.get("/text", { responseType: "arraybuffer" })).data).toString());
  add("stream", async () => {
    let size = 0;
    for await (const chunk of (await client.get("/big", { responseType: "stream" })).data) size += chunk.length;
    return size;
  });
  add("too large", () => client.get("/big", { maxContentLength: 1000 }));
  add("body too large", () => client.post("/echo", "x".repeat(2000), { maxBodyLength: 1000 }));
  add("interceptors", async () => {
    const own = axios.create({ baseURL: server.url, adapter });
    const seen = [];
    own.interceptors.request.use((config) => (seen.push("request"), config));
    own.interceptors.response.use((response) => (seen.push(response.status), response), (error) => (seen.push(error.code), Promise.reject(error)));
    await own.get("/text");
    await own.get("/none").catch(() => {});
    return seen;
  });
  add("transforms", async () => (await client.post("/echo", { a: 1 }, { transformRequest: [(data) => `sent ${data.a}`], transformResponse: [(data) => JSON.parse(data).body] })).data);
  add("progress", async () => {
    let loaded = 0;
    await client.get("/big", { onDownloadProgress: (event) => (loaded = event.loaded) });
    return loaded;
  });
  add("headers", async () => {
    const { headers } = await client.get("/cookies");
    return [headers["set-cookie"], headers.constructor.name, headers.get("X-None")];
  });
}
const plain = axios.create({ baseURL: server.url });
Object.assign(cases, {
  "node form": async () => {
    const form = new NodeFormData();
    form.append("a", "1");
    form.append("file", Buffer.from("content"), { filename: "a.txt" });
    return (await plain.post("/echo", form)).data.body.length > 100;
  },
  proxy: async () => [(await axios.get(`${server.url}/text`, { proxy: { protocol: "http", host: "127.0.0.1", port: through.port } })).data, through.seen],
  socket: async () => (await axios.get("http://localhost/here", { socketPath })).data,
  loop: () => plain.get("/loop", { maxRedirects: 2 }),
  noRedirect: () => plain.get("/redirect", { maxRedirects: 0 }),
  beforeRedirect: async () => {
    const seen = [];
    await plain.get("/redirect", { beforeRedirect: (options, { statusCode }) => seen.push([options.path, statusCode]) });
    return seen;
  },
  lookup: async () => (await axios.get(`http://own.test:${server.port}/text`, { lookup: async () => ["127.0.0.1", 4] })).data,
  agent: async () => {
    const httpAgent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const before = server.connections();
    await Promise.all([1, 2, 3].map(() => plain.get("/text", { httpAgent })));
    httpAgent.destroy();
    return server.connections() - before;
  },
  all: async () => (await Promise.all([plain.get("/text"), plain.get("/json")])).map(({ status }) => status),
});
await run(cases);
http.globalAgent.destroy();
server.close();
through.close();
atSocket.close();
