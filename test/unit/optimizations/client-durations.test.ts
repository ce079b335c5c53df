import { expect, test } from "vitest";
import { ClientDurations } from "../../../src/optimizations/client-durations.ts";

const series = (durations: ClientDurations) =>
  [...durations.collect()].map((sample) => [
    sample.labels,
    sample.type === "histogram" ? sample.histogram.count : undefined,
  ]);
const ofHttp = { "victor.client": "http" };

test("counts requests by method and status, and failures by their error's code", () => {
  const durations = new ClientDurations("http");
  for (const [method, outcome] of [
    ["GET", 200],
    ["GET", 200],
    ["POST", 200],
    ["GET", 404],
    ["GET", "ECONNRESET"],
    ["GET", 200],
    // A code may look like a status, and is none.
    ["GET", "200"],
  ] as const) {
    const request = {};
    durations.begin(request);
    durations.end(request, method, outcome);
  }
  expect(series(durations)).toEqual([
    [{ ...ofHttp, "http.request.method": "GET", "http.response.status_code": "200" }, 3],
    [{ ...ofHttp, "http.request.method": "POST", "http.response.status_code": "200" }, 1],
    [{ ...ofHttp, "http.request.method": "GET", "http.response.status_code": "404" }, 1],
    [{ ...ofHttp, "http.request.method": "GET", "error.type": "ECONNRESET" }, 1],
    [{ ...ofHttp, "http.request.method": "GET", "error.type": "200" }, 1],
  ]);
});

test("counts a request once, by what comes first, and none whose begin it hasn't seen", () => {
  const durations = new ClientDurations("http");
  const request = {};
  durations.begin(request);
  durations.end(request, "GET", 200);
  durations.end(request, "GET", "ECONNRESET");
  durations.end({}, "GET", 200);
  expect(series(durations).map(([, count]) => count)).toEqual([1]);
});

test("counts a request anew that is sent anew", () => {
  const durations = new ClientDurations("http");
  const request = {};
  for (let sent = 0; sent < 2; sent++) {
    durations.begin(request);
    durations.end(request, "GET", 200);
  }
  expect(series(durations).map(([, count]) => count)).toEqual([2]);
});

test("leaves no trace on the request that its owner could see", () => {
  const request = Object.preventExtensions({ method: "GET" });
  const before = Object.getOwnPropertyDescriptors(request);
  const durations = new ClientDurations("http");
  durations.begin(request);
  expect(Object.getOwnPropertyDescriptors(request)).toEqual(before);
  expect(Object.getPrototypeOf(request)).toBe(Object.prototype);
  expect(structuredClone(request)).toEqual({ method: "GET" });
  durations.end(request, "GET", 200);
  expect(series(durations).map(([, count]) => count)).toEqual([1]);
});

test("made-up methods end in one series of their own", () => {
  const durations = new ClientDurations("http");
  for (let i = 0; i < 300; i++) {
    const request = {};
    durations.begin(request);
    durations.end(request, `METHOD-${i}`, 200);
  }
  const all = series(durations);
  expect(all.length).toBe(201);
  expect(all.at(-1)).toEqual([{ ...ofHttp, "http.request.method": "_OTHER", "error.type": "_OTHER" }, 100]);
});
