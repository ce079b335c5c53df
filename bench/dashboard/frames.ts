/** Does the page keep up with 200 series and an hour of history, and what do page and server cost? */
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Clock, TimerHandle } from "../../src/clock.ts";
import { startDashboard } from "../../src/dashboard/index.ts";
import { readPageFiles } from "../../src/dashboard/page-files.ts";
import { Sampler } from "../../src/dashboard/sampler.ts";
import { median } from "../../src/measure/index.ts";
import { seededRandom } from "../../src/measure/random.ts";
import { MetricRegistry, type MetricSample } from "../../src/metrics/index.ts";
import { startChromium } from "../../test/services/chromium.ts";
import { met, print } from "../figures.ts";

/** Passes by hand until it is let go, and then by itself. */
class SkippingClock implements Clock {
  #skippedMs = 0;
  #due: (() => void) | undefined;
  #isFree = false;
  now(): number {
    return this.#skippedMs + performance.now();
  }
  setTimeout(fn: () => void, delayMs: number): TimerHandle {
    if (this.#isFree) return setTimeout(fn, delayMs);
    this.#due = fn;
    return fn;
  }
  clearTimeout(handle: TimerHandle): void {
    clearTimeout(handle as NodeJS.Timeout);
  }
  async skip(samples: number): Promise<void> {
    for (let i = 0; i < samples; i++) {
      this.#skippedMs += 1_000;
      if (i === samples - 1) this.#isFree = true;
      this.#due?.();
      await turn();
    }
  }
}

const random = seededRandom(1);
const families = 10;
const linesOfEach = 20;
const collect = (): MetricSample[] =>
  Array.from({ length: families * linesOfEach }, (_, i) => {
    const labels = { of: String(i % linesOfEach) };
    const value = 100 * (1 + (i % linesOfEach)) + 50 * random();
    return { type: "gauge", name: `app.g${Math.floor(i / linesOfEach)}`, help: "", labels, value };
  });

interface Frames {
  readonly perSecond: number;
  readonly slowestMs: number;
  readonly scriptMs: number;
}

/** Looks at the page for some seconds while samples come in. */
async function watch(page: Page, seconds: number): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const script = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "ScriptDuration")!.value * 1000;
  };
  const before = await script();
  const gaps = await page.evaluate<number[]>(`new Promise((resolve) => {
    const gaps = [];
    let last = performance.now();
    const end = last + ${seconds * 1000};
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(step); else resolve(gaps.slice(1));
    };
    requestAnimationFrame(step);
  })`);
  const scriptMs = ((await script()) - before) / seconds;
  await session.detach();
  return { perSecond: gaps.length / seconds, slowestMs: Math.max(...gaps), scriptMs };
}

const clock = new SkippingClock();
await using dashboard = await startDashboard({ registry: { collect }, port: 0, clock });
await clock.skip(3_600);
const browser = await startChromium();
const rows: string[][] = [];
const rates: number[] = [];
try {
  // All ten charts in sight at once.
  const page = await browser.newPage({ viewport: { width: 1600, height: 1_300 } });
  await page.goto(dashboard.url);
  await page
    .locator("#room-application canvas")
    .nth(families - 1)
    .waitFor();
  for (const range of ["5 min", "1 h"]) {
    await page.getByText(range, { exact: true }).click();
    await sleep(3_000);
    const each: Frames[] = [];
    for (let round = 0; round < 3; round++) each.push(await watch(page, 8));
    const middle = (of: (frames: Frames) => number): number => median(each.map(of));
    rates.push(middle(({ perSecond }) => perSecond));
    rows.push([
      range,
      middle(({ perSecond }) => perSecond).toFixed(1),
      middle(({ slowestMs }) => slowestMs).toFixed(0),
      middle(({ scriptMs }) => scriptMs).toFixed(1),
    ]);
  }
} finally {
  await browser.close();
}
const least = Math.min(...rates);
print(
  `${families * linesOfEach} series in ${families} charts, an hour kept, one sample a second (median of 3 × 8 s)`,
  ["range", "frames/s", "slowest frame, ms", "script, ms a sample"],
  rows,
  [met("≥ 30 frames/s", least >= 30, `${least.toFixed(1)}`)],
  [],
);

const kinds = ["script", "style", "page"] as const;
const kindOf = (type: string): (typeof kinds)[number] =>
  type.startsWith("text/javascript") ? "script" : type.startsWith("text/css") ? "style" : "page";
const files = [...readPageFiles()].filter(([path]) => path !== "/login");
const size = (some: typeof files): number => some.reduce((sum, [, { gzipped }]) => sum + gzipped.length, 0);
print(
  "What the page loads, bytes gzipped",
  ["part", "bytes"],
  [
    ["uPlot", String(size(files.filter(([path]) => path.startsWith("/uplot"))))],
    ...kinds.map((kind) => [
      `own ${kind}`,
      String(size(files.filter(([path, { type }]) => !path.startsWith("/uplot") && kindOf(type) === kind))),
    ]),
    ["all", String(size(files))],
  ],
  [met("≤ 45 KB in all", size(files) <= 45_000, `${size(files)} bytes`)],
  [],
);

/** Milliseconds of one sample of a registry, the median of many. */
function sampleMs(
  registry: Pick<MetricRegistry, "collect">,
  maxSeries: number,
  work: () => void,
): [number, number] {
  const sampler = new Sampler(registry, 3_660, maxSeries);
  const times: number[] = [];
  for (let i = 1; i <= 60; i++) {
    work();
    const begin = performance.now();
    sampler.sample(i * 1000);
    times.push(performance.now() - begin);
  }
  return [median(times.slice(10)), sampler.stats().sizeBytes];
}
const histograms = new MetricRegistry();
const durations = histograms.histogram("http.server.request.duration", { unit: "s", labels: ["route"] });
const series = Array.from({ length: 200 }, (_, i) => durations.bind({ route: `/${i}` }));
const costs = [
  ["200 gauges", ...sampleMs({ collect }, 1_000, () => {})],
  [
    "200 histograms, 20 values each",
    ...sampleMs(histograms, 1_000, () => {
      for (const one of series) for (let i = 0; i < 20; i++) one.record(0.001 * Math.exp(2 * random()));
    }),
  ],
] as const;
print(
  "What the server pays",
  ["registry", "a sample, ms", "history, MB"],
  costs.map(([name, ms, bytes]) => [name, ms.toFixed(2), (bytes / 1e6).toFixed(1)]),
  [],
  [],
);
