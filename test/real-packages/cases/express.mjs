// express: routing, middleware, errors, streaming, uploads, static files, views of a response.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import express from "express";
import multer from "multer";
import { run } from "../harness.mjs";

const folder = mkdtempSync(path.join(os.tmpdir(), "express-"));
writeFileSync(path.join(folder, "file.txt"), "a file's text");
utimesSync(path.join(folder, "file.txt"), 1e9, 1e9);
const app = express();
app.set("etag", "strong");
app.use((request, response, next) => {
  response.set("x-middleware", request.method);
  next();
});
app.use("/static", express.static(folder, { index: false, lastModified: false }));
app.use(express.json({ limit: "1kb" }), express.urlencoded({ extended: true }), express.text());
app.get("/", (_, response) => response.send("root"));
app.get("/json", (_, response) => response.json({ a: 1, u: undefined, d: new Date(0) }));
app.get("/user/:id{/:tab}", (request, response) => response.json([request.params, request.query]));
app.post("/body", (request, response) => response.status(201).json(request.body ?? null));
app.get("/throws", () => {
  throw Object.assign(new Error("thrown"), { status: 418 });
});
app.get("/rejects", async () => {
  throw new Error("rejected");
});
app.get("/stream", (_, response) => {
  response.type("text");
  response.write("one ");
  setTimeout(() => response.end("two"), 10);
});
app.get("/download", (_, response) => response.download(path.join(folder, "file.txt"), "named.txt"));
app.get("/redirect", (_, response) => response.redirect(301, "/json"));
app.get("/cookie", (_, response) => response.cookie("a", "b", { httpOnly: true, sameSite: "lax" }).clearCookie("c").send("cookie"));
app.get("/format", (_, response) => response.format({ text: () => response.send("as text"), json: () => response.json({ as: "json" }) }));
app.get("/request", (request, response) => response.json([request.hostname, request.protocol, request.secure, request.xhr, request.fresh, request.subdomains, request.ip, request.accepts(["json", "text"])]));
app.get("/links", (_, response) => response.links({ next: "/2" }).vary("Accept").append("X-A", "1").append("X-A", "2").sendStatus(202));
app.post("/upload", multer({ storage: multer.memoryStorage() }).single("file"), (request, response) => response.json([request.file.originalname, request.file.size, request.body]));
const router = express.Router({ mergeParams: true });
router.param("n", (request, _, next, value) => {
  request.doubled = value * 2;
  next();
});
router.route("/:n").get((request, response) => response.json([request.doubled, request.baseUrl])).all((_, response) => response.sendStatus(405));
app.use("/router", router);
app.use((error, _, response, next) => (error.message === "rejected" ? response.status(500).json({ caught: error.message }) : next(error)));
app.set("env", "test");

const server = app.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const { port } = server.address();
const ask = (method, target, { headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: "localhost", family: 4, port, method, path: target, headers }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, raw: response.rawHeaders, body: Buffer.concat(chunks).toString().replaceAll(/ at [\s\S]*$/g, "") });
    });
    request.on("error", reject).end(body);
  });
const json = { "content-type": "application/json" };
const cases = {};
for (const target of ["/", "/json", "/user/7?q=1&q=2&r[a]=b", "/user/a%20b/tab", "/user/%zz", "/throws", "/rejects", "/stream", "/download", "/redirect", "/cookie", "/request", "/links", "/router/21", "/none", "/static/file.txt", "/static/none", "/static/../secret"])
  for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) cases[`${method} ${target}`] = () => ask(method, target);
Object.assign(cases, {
  "post json": () => ask("POST", "/body", { headers: json, body: '{"a":[1,null]}' }),
  "post bad json": () => ask("POST", "/body", { headers: json, body: "{" }),
  "post too large": () => ask("POST", "/body", { headers: json, body: JSON.stringify("x".repeat(2000)) }),
  "post form": () => ask("POST", "/body", { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a[b]=1&c=2" }),
  "post text": () => ask("POST", "/body", { headers: { "content-type": "text/plain" }, body: "text" }),
  "post charset": () => ask("POST", "/body", { headers: { "content-type": "application/json; charset=x" }, body: "{}" }),
  range: () => ask("GET", "/static/file.txt", { headers: { range: "bytes=2-5" } }),
  "bad range": () => ask("GET", "/static/file.txt", { headers: { range: "bytes=900-" } }),
  etag: async () => ask("GET", "/json", { headers: { "if-none-match": (await fetch(`http://127.0.0.1:${port}/json`)).headers.get("etag") } }),
  "format json": () => ask("GET", "/format", { headers: { accept: "application/json" } }),
  "format none": () => ask("GET", "/format", { headers: { accept: "image/png" } }),
  upload: async () => {
    const form = new FormData();
    form.append("field", "value");
    form.append("file", new Blob(["content"]), "name.txt");
    return (await fetch(`http://127.0.0.1:${port}/upload`, { method: "POST", body: form })).json();
  },
  "keep-alive": async () => [(await ask("GET", "/")).raw.includes("keep-alive"), server.keepAliveTimeout, server.headersTimeout, server.requestTimeout],
  application: () => [Object.keys(app.settings).sort(), app.path(), typeof app.router, Object.keys(express).sort()],
});
await run(cases);
http.globalAgent.destroy();
server.closeAllConnections();
server.close();
rmSync(folder, { recursive: true });
