import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { analyseProgram, type ThreadState } from "../../../src/profiler/program/index.ts";
import { renderProfile } from "../../../src/report/profile-report.ts";
import { startChromium } from "../../services/chromium.ts";
import { cpuProfile, frame } from "../../support/cpu-profiles.ts";

const hostile = `</script><script>document.title="broken"</script><img src=x onerror="document.title='broken'">`;
const ms = 1000;
const [main, package_, evil, idle] = [
  frame("main"),
  frame("inPackage", "file:///app/node_modules/p/index.js", 4),
  frame(hostile, "file:///app/<b>evil.js", 8),
  frame("(idle)"),
];
const none = { count: 0, totalMs: 0, longestMs: 0 };
const state: ThreadState = {
  pid: 1,
  threadId: 0,
  node: "v24.0.0",
  script: "/app/main.js",
  startedAt: "2026-01-01T00:00:00.000Z",
  elapsedMs: 1000,
  complete: true,
  gc: { minor: none, major: none, incremental: none, weakcb: none },
  loop: { turns: 0, meanMs: 0, p50Ms: 0, p99Ms: 0, longestMs: 0 },
};
/** Half in a package, a quarter in a function with a hostile name, a quarter in `main` itself; three rows below the root. */
const cpu = cpuProfile([
  { stack: [main, package_], us: 400 * ms },
  { stack: [main, evil], us: 200 * ms },
  { stack: [main], us: 200 * ms },
  { stack: [idle], us: 200 * ms },
]);

const folder = mkdtempSync(join(tmpdir(), "victor-page-"));
const file = join(folder, "profile.html");
const url = pathToFileURL(file).href;
let browser: Browser;
/** What the page said, broke or loaded that it must not. */
const complaints: string[] = [];

beforeAll(async () => {
  const profile = analyseProgram({
    threads: [{ state, segments: () => [{ cpu, blocks: [] }] }],
    deoptTrace: undefined,
  });
  writeFileSync(file, renderProfile(profile, "html", "/app"));
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  expect(complaints.splice(0)).toEqual([]);
});

async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  page.on("request", (request) => {
    if (request.url() !== url && request.url() !== "data:,") complaints.push(`outside: ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

/** Colour of the graph at a share of its width, above the letters; rows are 20 pixels high. Of a copy: reading slows a canvas down. */
const color = (page: Page, x: number, row: number): Promise<readonly number[]> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector("canvas");
    const copy = new OffscreenCanvas(1, 1).getContext("2d");
    copy.drawImage(canvas, -Math.round(canvas.width * ${x}), -Math.round(${row * 20 + 3} * canvas.width / canvas.clientWidth));
    return Array.from(copy.getImageData(0, 0, 1, 1).data);
  })()`);

async function clickFrame(page: Page, x: number, row: number): Promise<void> {
  const box = (await page.locator("canvas").boundingBox()) ?? { width: 0 };
  await page.locator("canvas").click({ position: { x: box.width * x, y: row * 20 + 10 } });
}

const about = (page: Page) => page.locator(".flame-about").textContent();
const press = (page: Page, key: string) => page.locator("canvas").press(key);

test("the flame graph is drawn in proportion, in other colours for the program and for packages", async () => {
  const page = await visit();
  expect(await about(page)).toBe("(root): 800 ms, 100.0 % of the busy time; 0.00 ms in itself");
  const [program, inPackage, evilOne, itself] = [
    await color(page, 0.3, 1),
    await color(page, 0.3, 2),
    await color(page, 0.6, 2),
    await color(page, 0.9, 2),
  ];
  for (const drawn of [program, inPackage, evilOne]) expect(drawn[3]).toBe(255);
  // Nothing stands above the time of the function itself.
  expect(itself).toEqual([0, 0, 0, 0]);
  const isWarm = ([red = 0, , blue = 0]: readonly number[]) => red > blue;
  expect([program, inPackage, evilOne].map(isWarm)).toEqual([true, false, true]);
});

test("a click zooms in, and the button out again", async () => {
  const page = await visit();
  const wide = await color(page, 0.9, 2);
  await clickFrame(page, 0.2, 2);
  expect(await about(page)).toBe(
    "inPackage (node_modules/p/index.js:5:1): 400 ms, 50.0 % of the busy time; 400 ms in itself",
  );
  expect(await color(page, 0.9, 2)).not.toEqual(wide);
  await page.getByRole("button", { name: "Whole" }).click();
  expect(await color(page, 0.9, 2)).toEqual(wide);
  expect(await about(page)).toMatch(/^\(root\)/);
});

test("arrows move, Enter zooms in, Escape out, and the slash searches", async () => {
  const page = await visit();
  const wide = await color(page, 0.9, 2);
  await press(page, "ArrowDown");
  expect(await about(page)).toMatch(/^main \(main\.js:1:1\): 800 ms, .* 200 ms in itself$/);
  await press(page, "ArrowDown");
  expect(await about(page)).toMatch(/^inPackage/);
  await press(page, "ArrowRight");
  expect(await about(page)).toContain("evil.js:9:1");
  expect(await color(page, 0.9, 2)).toEqual(wide);
  await press(page, "Enter");
  expect(await color(page, 0.9, 2)).not.toEqual(wide);
  await press(page, "ArrowUp");
  expect(await about(page)).toMatch(/^main/);
  await press(page, "Escape");
  expect(await about(page)).toMatch(/^\(root\)/);
  await press(page, "/");
  expect(await page.evaluate("document.activeElement.tagName")).toBe("INPUT");
});

test("a search leaves the colour to what it finds, and says how much that is", async () => {
  const page = await visit();
  const before = { found: await color(page, 0.3, 2), other: await color(page, 0.6, 2) };
  const search = page.getByRole("searchbox", { name: "Search" });
  await search.fill("INPACK");
  expect(await page.locator(".flame-bar output").textContent()).toBe("1 functions, 50.0 %");
  expect(await color(page, 0.3, 2)).toEqual(before.found);
  expect(await color(page, 0.6, 2)).not.toEqual(before.other);
  await search.press("Escape");
  expect(await page.locator(".flame-bar output").textContent()).toBe("");
  expect(await color(page, 0.6, 2)).toEqual(before.other);
});

test("hostile names are text wherever they stand", async () => {
  const page = await visit();
  await clickFrame(page, 0.6, 2);
  expect(await about(page)).toContain(hostile);
  expect(await page.getByRole("cell", { name: hostile, exact: true }).count()).toBe(1);
  expect(await page.locator("img, b, main script:not([type='application/json'])").count()).toBe(0);
  expect(await page.title()).toBe("Program profile");
});

test("it fits a phone", async () => {
  const page = await visit({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  await page.locator("canvas").tap({ position: { x: 20, y: 50 } });
  expect(await about(page)).toMatch(/^inPackage/);
});

test("it is dark where the system is, and follows it", async () => {
  const page = await visit({ colorScheme: "dark" });
  const brightness = async () => {
    const [red = 0, green = 0, blue = 0] = await color(page, 0.3, 1);
    return (red + green + blue) / 3;
  };
  const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const night = { graph: await brightness(), page: await background() };
  await page.emulateMedia({ colorScheme: "light" });
  await expect.poll(brightness, { timeout: 60_000 }).toBeGreaterThan(night.graph + 50);
  expect(await background()).not.toBe(night.page);
});
