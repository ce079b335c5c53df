// What programs see of Node's own modules, which auto mode touches.
import { execFileSync } from "node:child_process";
import dns, { lookup as namedLookup } from "node:dns";
import dnsPromises from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import util from "node:util";
import { origin, pause, run } from "../harness.mjs";

const server = await origin();
const shape = (object) =>
  Object.fromEntries(
    Reflect.ownKeys(object).map((key) => {
      const { value, get, ...flags } = Object.getOwnPropertyDescriptor(object, key);
      return [String(key), { type: typeof value, get: typeof get, ...flags, name: value?.name, length: value?.length }];
    }),
  );
const lookup = util.promisify(dns.lookup);
const get = (url, options = {}) =>
  new Promise((resolve, reject) => {
    const events = [];
    const request = http.get(url, options, (response) => {
      response.resume();
      response.on("end", () => resolve({ events, status: response.statusCode, reused: request.reusedSocket }));
    });
    const emit = request.emit;
    request.emit = function (name, ...rest) {
      events.push(name);
      return emit.call(this, name, ...rest);
    };
    request.on("error", (error) => reject(Object.assign(error, { events: events.join() })));
  });

await run({
  dnsModule: () => shape(dns),
  lookupShape: () => [shape(dns.lookup), util.inspect(dns.lookup), typeof dns.lookup.prototype, namedLookup === dns.lookup],
  httpModule: () => Object.keys(shape(http)),
  agents: () => [http.globalAgent.options, https.globalAgent.options, http.globalAgent.maxSockets, http.globalAgent.maxFreeSockets, http.globalAgent.keepAlive],
  globals: () => Object.getOwnPropertyNames(globalThis).sort(),
  enumerableGlobals: () => Object.keys(globalThis),
  listeners: () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  environment: () => Object.keys(process.env).filter((name) => /^(UV_|NODE_|VICTOR_)/.test(name)),
  resources: () => process.getActiveResourcesInfo(),
  argv: () => [process.argv.length, process.argv0],
  stringOf: () => [String(fetch), String(globalThis.Headers).slice(0, 20), util.inspect(fetch)],
  lookup: () => lookup("localhost", { family: 4 }),
  lookupAgain: () => lookup("localhost", { family: 4 }),
  lookupAll: () => lookup("localhost", { all: true, family: 4 }),
  lookupAllChanged: async () => {
    const first = await lookup("localhost", { all: true, family: 4 });
    first[0].address = "changed";
    first.push("more");
    return lookup("localhost", { all: true, family: 4 });
  },
  lookupNumber: () => lookup("localhost", 4),
  lookupAddress: () => lookup("127.0.0.1"),
  lookupMissing: () => lookup("name.invalid"),
  lookupMissingAgain: () => lookup("name.invalid"),
  lookupMissingSideBySide: () => Promise.allSettled([1, 2, 3].map(() => lookup("other.invalid"))).then((all) => all.map((one) => one.reason?.code)),
  lookupComesAfterThisTurn: async () => {
    await lookup("localhost", { family: 4 });
    return new Promise((resolve) => {
      const order = [];
      const note = (what) => order.push(what);
      setImmediate(note, "immediate before");
      dns.lookup("localhost", { family: 4 }, () => { note("answer"); resolve(order); });
      process.nextTick(note, "tick");
      Promise.resolve("promise").then(note);
      setImmediate(note, "immediate after");
    });
  },
  lookupArguments: () => new Promise((resolve) => dns.lookup("localhost", { family: 4 }, (...args) => resolve(args))),
  lookupArgumentsAll: () => new Promise((resolve) => dns.lookup("localhost", { family: 4, all: true }, (...args) => resolve(args.length))),
  lookupThrows: () => dns.lookup("localhost"),
  lookupThrowsFamily: () => dns.lookup("localhost", { family: 5 }, () => {}),
  lookupThrowsFamilyText: () => dns.lookup("localhost", "4", () => {}),
  lookupThrowsHost: () => dns.lookup(12, () => {}),
  lookupEmpty: () => lookup(""),
  lookupIsAsync: async () => {
    const order = [];
    const done = new Promise((resolve) => dns.lookup("localhost", 4, () => resolve(order.push("answer"))));
    order.push("after the call");
    await done;
    return order;
  },
  lookupStorage: async () => {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const storage = new AsyncLocalStorage();
    return Promise.all([1, 2, 3].map((n) => storage.run(n, () => new Promise((resolve) => dns.lookup("localhost", 4, () => resolve(storage.getStore()))))));
  },
  lookupPromise: () => dnsPromises.lookup("localhost", 4),
  get: () => get(`${server.named}/text`),
  getAgain: () => get(`${server.named}/text`),
  getNoAgent: () => get(`${server.named}/text`, { agent: false }),
  getReset: () => get(`${server.named}/reset`),
  getRefused: () => get("http://localhost:1/"),
  getMissing: () => get("http://name.invalid/"),
  getFamily: () => get(`${server.named}/text`, { family: 4, agent: false }),
  getOwnLookup: () => get(`${server.named}/text`, { agent: false, lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }),
  getPatchedOnTop: async () => {
    const original = http.get;
    const calls = [];
    http.get = (...args) => {
      calls.push("mine");
      return original(...args);
    };
    const result = await get(`${server.url}/text`);
    http.get = original;
    return [calls, result.status];
  },
  stubbedLookup: async () => {
    const original = dns.lookup;
    const asked = [];
    dns.lookup = (name, options, done) => {
      asked.push(name);
      done(null, options.all ? [{ address: "127.0.0.1", family: 4 }] : "127.0.0.1", 4);
    };
    try {
      return [(await get(`http://stubbed.test:${server.port}/text`, { agent: false })).status, asked];
    } finally {
      dns.lookup = original;
    }
  },
  socketCounts: async () => {
    await Promise.all([1, 2, 3].map(() => get(`${server.url}/text`)));
    await pause(10);
    return [Object.values(http.globalAgent.freeSockets).flat().length, Object.values(http.globalAgent.sockets).flat().length];
  },
  netConnect: () =>
    new Promise((resolve, reject) => {
      const events = [];
      const socket = net.connect({ host: "localhost", port: server.port, family: 4 });
      for (const name of ["lookup", "connect", "ready", "close"]) socket.on(name, (...args) => events.push([name, args[1]]));
      socket.on("error", reject).on("ready", () => socket.destroy()).on("close", () => resolve(events));
    }),
  fetchText: async () => (await fetch(`${server.named}/text`)).text(),
  fetchJson: async () => (await fetch(`${server.url}/json`)).json(),
  fetchRefused: () => fetch("http://127.0.0.1:1/"),
  fetchReset: () => fetch(`${server.url}/reset`),
  fetchMissing: () => fetch("http://name.invalid/"),
  fetchHalf: async () => (await fetch(`${server.url}/half`)).text(),
  fetchAbort: () => fetch(`${server.url}/never`, { signal: AbortSignal.timeout(30) }),
  fetchRedirect: async () => {
    const response = await fetch(`${server.url}/redirect`);
    return [response.status, response.redirected, response.url, await response.json()];
  },
  fetchLoop: () => fetch(`${server.url}/loop`),
  fetchManual: async () => (await fetch(`${server.url}/redirect`, { redirect: "manual" })).status,
  fetch503: async () => (await fetch(`${server.url}/status/503`)).status,
  fetchPost: async () => (await fetch(`${server.url}/echo`, { method: "POST", body: new URLSearchParams({ a: "1" }) })).json(),
  fetchGzip: async () => (await fetch(`${server.url}/coded/gzip`)).text(),
  fetchHeaders: async () => [...(await fetch(`${server.url}/cookies`)).headers].filter(([name]) => name !== "date"),
  dispatcher: () => ["1", "2"].map((n) => globalThis[Symbol.for(`undici.globalDispatcher.${n}`)]?.constructor.name),
  childArguments: () => execFileSync(process.execPath, ["-p", "process.argv.length"]).toString(),
  resourcesAtEnd: async () => {
    server.close();
    http.globalAgent.destroy();
    await pause(20);
    return process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap" && name !== "TTYWrap");
  },
});
