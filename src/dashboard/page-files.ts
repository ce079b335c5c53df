import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { DashboardPageError } from "../errors.ts";

/** A file of the page, as it goes out. */
export interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

const html = "text/html; charset=utf-8";
const script = "text/javascript; charset=utf-8";
const style = "text/css; charset=utf-8";

/** What the browser asks for, and where it lies: beside the built package, or in uPlot's. */
const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["./index.html", html],
  "/login": ["./login.html", html],
  "/dashboard.css": ["./dashboard.css", style],
  "/icon.svg": ["./icon.svg", "image/svg+xml"],
  "/wire.js": ["../wire.js", script],
  "/uplot.js": ["uplot/dist/uPlot.iife.min.js", script],
  "/uplot.css": ["uplot/dist/uPlot.min.css", style],
  ...Object.fromEntries(
    [
      "app",
      "alert-list",
      "chart",
      "chart-data",
      "data-table",
      "draws",
      "element",
      "families",
      "format",
      "metric-table",
      "older",
      "panel",
      "sections",
      "store",
      "stream",
    ].map((name) => [`/${name}.js`, [`./${name}.js`, script]]),
  ),
};

/** From `src/` as from `dist/`, this is where the build puts the page. */
const folder = new URL("../../dist/dashboard/page/", import.meta.url);

/**
 * Reads and compresses all files of the page; they are some 100 kB.
 * @throws {DashboardPageError} when one isn't there
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const { resolve } = createRequire(import.meta.url);
  try {
    return new Map(
      Object.entries(files).map(([path, [file, type]]) => {
        const plain = readFileSync(file.startsWith(".") ? new URL(file, folder) : resolve(file));
        return [path, { type, plain, gzipped: gzipSync(plain, { level: 9 }) }];
      }),
    );
  } catch (cause) {
    throw new DashboardPageError({ cause });
  }
}
