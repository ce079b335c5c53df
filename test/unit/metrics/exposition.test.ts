import { expect, test, vi } from "vitest";
import { expositionPieces } from "../../../src/metrics/exposition.ts";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";
import { parseExposition } from "../../support/exposition-parser.ts";

/** As the event loop goes round, others have their turn. */
function countTurns(): { readonly stop: () => number } {
  let turns = 0;
  let isOn = true;
  const next = (): void => {
    turns++;
    if (isOn) setImmediate(next);
  };
  setImmediate(next);
  return {
    stop: () => {
      isOn = false;
      return turns;
    },
  };
}

function manySeries(series: number): MetricRegistry {
  const registry = new MetricRegistry();
  const latency = registry.histogram("latency", { unit: "s", labels: ["n"], maxSeries: series });
  for (let n = 0; n < series; n++) latency.bind({ n: String(n) }).record(n / 1000);
  return registry;
}

/** A clock of the process that moves by `stepMs` at each look. */
function stepping(stepMs: number): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += stepMs));
}

test("the event loop has a turn each time that 4 ms are over, and the text is the same as at once", async () => {
  const registry = manySeries(1000);
  const turns = countTurns();
  stepping(1);
  let text = "";
  for await (const piece of expositionPieces(registry, "text")) text += piece.toString();
  vi.restoreAllMocks();
  const seen = turns.stop();
  expect(seen).toBeGreaterThanOrEqual(180);
  expect(text).toBe(prometheusText(registry));
});

test("the samples of a source are written in turns, too", async () => {
  const registry = new MetricRegistry();
  const labels = Array.from({ length: 500 }, (_, n) => ({ n: String(n) }));
  const collect = () =>
    labels.map((own) => ({ type: "gauge" as const, name: "g", help: "", labels: own, value: 1 }));
  registry.register({ name: "s", collect });
  const turns = countTurns();
  stepping(1);
  for await (const _ of expositionPieces(registry, "text"));
  vi.restoreAllMocks();
  expect(turns.stop()).toBeGreaterThanOrEqual(90);
});

test("each series is of one moment, though records go on between the turns", async () => {
  const registry = manySeries(300);
  const all = [...registry.histogram("other", { labels: ["n"] }).series()];
  expect(all).toEqual([]);
  const bound = registry.histogram("busy", { unit: "s", labels: ["n"], maxSeries: 300 });
  const series = Array.from({ length: 300 }, (_, n) => bound.bind({ n: String(n) }));
  const record = (): void => {
    for (const one of series) one.record(Math.random() * 20);
    if (isOn) setImmediate(record);
  };
  let isOn = true;
  record();
  stepping(2);
  let text = "";
  for await (const piece of expositionPieces(registry, "openmetrics")) text += piece.toString();
  vi.restoreAllMocks();
  isOn = false;
  const family = parseExposition(text, "openmetrics").find(({ name }) => name === "busy_seconds")!;
  const counts = family.samples.filter(({ name }) => name.endsWith("_count"));
  const last = family.samples.filter(({ labels }) => labels.le === "+Inf");
  expect(last.map(({ value }) => value)).toEqual(counts.map(({ value }) => value));
  expect(new Set(counts.map(({ value }) => value)).size).toBeGreaterThan(1);
});

test("what registers and unregisters meanwhile spoils nothing", async () => {
  const registry = manySeries(200);
  const gone = { name: "gone", collect: () => [] };
  registry.register(gone);
  stepping(3);
  const pieces = expositionPieces(registry, "openmetrics");
  setImmediate(() => {
    registry.unregister(gone);
    registry.counter("late").bind().inc();
    registry.register({ name: "late", collect: () => [] });
  });
  let text = "";
  for await (const piece of pieces) text += piece.toString();
  vi.restoreAllMocks();
  expect(parseExposition(text, "openmetrics").map(({ name }) => name)).toEqual([
    "latency_seconds",
    "victor_metrics_source_errors",
  ]);
});

test("an aborted one ends at its next pause, with the signal's reason", async () => {
  const registry = manySeries(1000);
  const ending = new AbortController();
  stepping(1);
  const reason = new Error("enough");
  setImmediate(() => ending.abort(reason));
  const all = async (): Promise<void> => {
    for await (const _ of expositionPieces(registry, "text", ending.signal));
  };
  await expect(all()).rejects.toBe(reason);
  vi.restoreAllMocks();
});
