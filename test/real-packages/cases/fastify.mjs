// fastify: routes, schemas, hooks, decorators, errors, streams, inject, static files, uploads.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import serveStatic from "@fastify/static";
import Fastify from "fastify";
import { run } from "../harness.mjs";

const folder = mkdtempSync(path.join(os.tmpdir(), "fastify-"));
writeFileSync(path.join(folder, "file.txt"), "a file's text");
utimesSync(path.join(folder, "file.txt"), 1e9, 1e9);
const seen = [];
const app = Fastify({ logger: false, requestIdHeader: "x-id", bodyLimit: 1024, return503OnClosing: true });
await app.register(multipart);
await app.register(serveStatic, { root: folder, prefix: "/static/", lastModified: false });
for (const hook of ["onRequest", "preParsing", "preValidation", "preHandler", "preSerialization", "onSend", "onResponse", "onError", "onTimeout"])
  app.addHook(hook, async (...args) => {
    seen.push(hook);
    if (hook === "preParsing" || hook === "preSerialization" || hook === "onSend") return args[2];
  });
app.decorate("answer", 42).decorateRequest("user", null).decorateReply("shout", function (text) {
  return this.send(text.toUpperCase());
});
app.get("/", async () => "root");
app.get("/json", async () => ({ a: 1, u: undefined, d: new Date(0) }));
app.get("/user/:id", { schema: { params: { type: "object", properties: { id: { type: "integer" } } }, querystring: { type: "object", properties: { n: { type: "integer", minimum: 3 } } } } }, async (request) => [request.params, request.query, request.id]);
app.post("/body", { schema: { body: { type: "object", required: ["name"], properties: { name: { type: "string" } } }, response: { 200: { type: "object", properties: { name: { type: "string" } } } } } }, async (request) => ({ ...request.body, hidden: true }));
app.post("/any", async (request) => request.body ?? null);
app.get("/throws", async () => {
  throw Object.assign(new Error("thrown"), { statusCode: 418, code: "TEAPOT" });
});
app.get("/stream", async (_, reply) => reply.type("text/plain").send(Readable.from(["one ", "two"])));
app.get("/web-stream", async () => new Response("from a Response", { status: 202, headers: { "x-a": "1" } }));
app.get("/stream-error", async (_, reply) => reply.send(new Readable({ read() { this.destroy(new Error("broken")); } })));
app.get("/redirect", async (_, reply) => reply.redirect("/json", 303));
app.get("/shout", async (_, reply) => reply.shout("loud"));
app.get("/empty", async (_, reply) => reply.code(204).send());
app.get("/buffer", async () => Buffer.from("bytes"));
app.get("/trailer", async (_, reply) => reply.trailer("x-sum", async () => "1").send("with a trailer"));
app.post("/upload", async (request) => {
  const part = await request.file();
  return [part.filename, (await part.toBuffer()).length, Object.keys(part.fields)];
});
app.register(async (scope) => {
  scope.setErrorHandler((error, _, reply) => reply.code(409).send({ scoped: error.message }));
  scope.setNotFoundHandler((_, reply) => reply.code(404).send("not in this scope"));
  scope.get("/throws", async () => {
    throw new Error("in scope");
  });
}, { prefix: "/scope" });
app.addContentTypeParser("text/csv", { parseAs: "string" }, (_, body, done) => done(null, body.split(",")));

const brief = ({ statusCode, statusMessage, headers, body, trailers }) => ({ statusCode, statusMessage, headers, body, trailers });
const inject = async (options) => {
  seen.length = 0;
  return { ...brief(await app.inject(options)), hooks: [...seen] };
};
const cases = {};
for (const url of ["/", "/json", "/user/7?n=4", "/user/seven", "/user/7?n=1", "/throws", "/stream", "/web-stream", "/stream-error", "/redirect", "/shout", "/empty", "/buffer", "/trailer", "/scope/throws", "/scope/none", "/none", "/static/file.txt", "/static/none", "/user/%zz"])
  for (const method of ["GET", "HEAD", "OPTIONS"]) cases[`inject ${method} ${url}`] = () => inject({ method, url, headers: { "x-id": "given" } });
Object.assign(cases, {
  "valid body": () => inject({ method: "POST", url: "/body", payload: { name: "n", more: 1 } }),
  "invalid body": () => inject({ method: "POST", url: "/body", payload: { more: 1 } }),
  "bad json": () => inject({ method: "POST", url: "/any", headers: { "content-type": "application/json" }, payload: "{" }),
  "too large": () => inject({ method: "POST", url: "/any", payload: { x: "x".repeat(2000) } }),
  "media type": () => inject({ method: "POST", url: "/any", headers: { "content-type": "a/b" }, payload: "x" }),
  csv: () => inject({ method: "POST", url: "/any", headers: { "content-type": "text/csv" }, payload: "a,b" }),
  listen: async () => {
    await app.listen({ port: 0, host: "127.0.0.1" });
    const [{ port }] = app.addresses();
    cases.port = port;
    const answer = await fetch(`http://localhost:${port}/json`);
    return [answer.status, await answer.json(), [...answer.headers.keys()]];
  },
  upload: async () => {
    const form = new FormData();
    form.append("file", new Blob(["content"]), "name.txt");
    return (await fetch(`${app.listeningOrigin}/upload`, { method: "POST", body: form })).json();
  },
  "over the net": async () => Promise.all(["/stream", "/stream-error", "/throws"].map((url) => fetch(app.listeningOrigin + url).then(async (answer) => [answer.status, await answer.text().catch((error) => error.message)], (error) => error.message))),
  instance: () => [app.printRoutes(), app.hasDecorator("answer"), app.answer, app.version.split(".").length, Object.keys(app.initialConfig).sort()],
  decorateTwice: () => app.decorate("answer", 1),
  lateRoute: () => app.get("/late", async () => 1),
  close: async () => {
    await app.close();
    return [app.server.listening, await fetch(`http://127.0.0.1:${cases.port}/`).catch((error) => error.cause.code)];
  },
});
await run(cases);
rmSync(folder, { recursive: true });
