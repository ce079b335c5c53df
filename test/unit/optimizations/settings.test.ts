import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveOptimizations } from "../../../src/optimizations/options.ts";
import { autoSettings, configFileNames } from "../../../src/optimizations/settings/auto-settings.ts";
import { allSteps } from "../../../src/optimizations/steps/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("Settings of auto mode", () => {
  it.each(["victor.config.json", "victor.config.mjs"])("are not waited for where %s is a FIFO", (name) => {
    execFileSync("mkfifo", [join(folder, name)]);
    expect(() => autoSettings({}, folder)).toThrow("it is a FIFO, not a regular file");
  });

  it("may have a byte order mark before them", () => {
    writeFileSync(join(folder, "victor.config.json"), '\uFEFF{ "dnsTtlMs": 500 }');
    expect(autoSettings({}, folder)).toEqual({ dnsTtlMs: 500 });
  });

  it("come from variables, each read in its own way", () => {
    const env = {
      VICTOR_OPTIMIZATIONS: "pg, dns-cache",
      VICTOR_DISABLE: "pg",
      VICTOR_DNS_TTL_MS: "500",
      VICTOR_SLOW_QUERY_MS: "Infinity",
      VICTOR_METRICS_PORT: "0",
      VICTOR_STATUS_FILE: "status.json",
    };
    expect(autoSettings(env, folder)).toEqual({
      optimizations: ["pg", "dns-cache"],
      disable: ["pg"],
      dnsTtlMs: 500,
      slowQueryMs: Number.POSITIVE_INFINITY,
      metricsPort: 0,
      statusFile: "status.json",
    });
    expect(autoSettings({ VICTOR_OPTIMIZATIONS: "none" }, folder)).toEqual({ optimizations: "none" });
    expect(autoSettings({ PATH: "/bin" }, folder)).toEqual({});
  });

  it.each([
    ["victor.config.json", '{"dnsTtlMs": 7, "slowQueryMs": 8}'],
    ["victor.config.mjs", "export default { dnsTtlMs: 7, slowQueryMs: 8 };"],
    ["victor.config.js", "module.exports = { dnsTtlMs: 7, slowQueryMs: 8 };"],
    ["victor.config.ts", "const ms: number = 7; export default { dnsTtlMs: ms, slowQueryMs: 8 };"],
  ])("come from %s, beneath the variables", (name, text) => {
    expect(configFileNames).toContain(name);
    writeFileSync(join(folder, name), text);
    expect(autoSettings({ VICTOR_SLOW_QUERY_MS: "9" }, folder)).toEqual({ dnsTtlMs: 7, slowQueryMs: 9 });
  });

  it("come from variables alone where the folder was removed", () => {
    expect(autoSettings({ VICTOR_DNS_TTL_MS: "5" }, undefined)).toEqual({ dnsTtlMs: 5 });
  });

  it("are refused with the file's name whatever the file throws", () => {
    writeFileSync(join(folder, "victor.config.js"), "throw null");
    expect(() => autoSettings({}, folder)).toThrow(/victor\.config\.js: null/);
  });

  it("are refused where two files hold some, since one would be passed over in silence", () => {
    writeFileSync(join(folder, "victor.config.json"), '{"dnsTtlMs": 7}');
    writeFileSync(join(folder, "victor.config.ts"), "export default { slowQueryMs: 8 };");
    expect(() => autoSettings({}, folder)).toThrow(
      expect.objectContaining({
        code: "VICTOR_SETTINGS",
        where: folder,
        message: expect.stringMatching(
          /victor\.config\.json and victor\.config\.ts.*keep one.*VICTOR_CONFIG/,
        ),
      }),
    );
    const VICTOR_CONFIG = "victor.config.ts";
    expect(autoSettings({ VICTOR_CONFIG }, folder)).toEqual({ slowQueryMs: 8 });
  });

  it("come from the file that VICTOR_CONFIG names", () => {
    writeFileSync(join(folder, "own.json"), '{"disable": ["pg"]}');
    expect(autoSettings({ VICTOR_CONFIG: "own.json" }, folder)).toEqual({ disable: ["pg"] });
  });

  it.each([
    [
      { VICTOR_DISABEL: "pg" },
      /VICTOR_DISABEL: unknown variable; did you mean VICTOR_DISABLE\? known are VICTOR_OPTIMIZATIONS, /,
    ],
    [{ VICTOR_DNS_TTL: "5" }, /VICTOR_DNS_TTL: unknown variable; did you mean VICTOR_DNS_TTL_MS\? known/],
    [{ VICTOR_METRIC_PORT: "5" }, /did you mean VICTOR_METRICS_PORT\?/],
    [{ VICTOR_metrics: "5" }, /did you mean VICTOR_METRICS_PORT\?/],
    [{ VICTOR_OPTIMISATIONS: "none" }, /did you mean VICTOR_OPTIMIZATIONS\?/],
    // Another part's own, which auto mode passes over.
    [{ VICTOR_DASHBORD_TOKEN: "x" }, /did you mean VICTOR_DASHBOARD_TOKEN\?/],
    [{ VICTOR_WEATHER: "fine" }, /VICTOR_WEATHER: unknown variable; known are VICTOR_OPTIMIZATIONS, /],
    [{ VICTOR_: "" }, /VICTOR_: unknown variable; known are /],
    [{ VICTOR_DISABLE: "pgg" }, /VICTOR_DISABLE: disable: expected one of .*"pg".*got "pgg"/],
    [
      { VICTOR_OPTIMIZATIONS: "safer" },
      /VICTOR_OPTIMIZATIONS: optimizations: expected one of .*"pg".*, or "safe" or "none" alone, got "safer"/,
    ],
    [{ VICTOR_DNS_TTL_MS: "soon" }, /VICTOR_DNS_TTL_MS: expected a number, got "soon"/],
    [{ VICTOR_DNS_TTL_MS: "90000" }, /VICTOR_DNS_TTL_MS: dnsTtlMs: expected milliseconds from 0 to 60000/],
    [
      { VICTOR_METRICS_PORT: "70000" },
      /VICTOR_METRICS_PORT: metricsPort: expected an integer from 0 to 65535/,
    ],
    [{ VICTOR_METRICS_PORT: "" }, /VICTOR_METRICS_PORT: expected a number/],
    [{ VICTOR_STATUS_FILE: "" }, /VICTOR_STATUS_FILE: statusFile: expected a path/],
    [{ VICTOR_CONFIG: "none.json" }, /VICTOR_CONFIG: there is no file/],
  ])("that are wrong say what is right: %o", (env, message) => {
    expect(() => autoSettings(env, folder)).toThrow(
      expect.objectContaining({ code: "VICTOR_SETTINGS", message: expect.stringMatching(message) }),
    );
  });

  it.each(['{"dnsTtl": 7}', "[]", "{", '{"disable": "pg"}', '{"isOn": 1}'])(
    "in a file are checked: %s",
    (text) => {
      writeFileSync(join(folder, "victor.config.json"), text);
      expect(() => autoSettings({}, folder)).toThrow(
        expect.objectContaining({ code: "VICTOR_SETTINGS", where: join(folder, "victor.config.json") }),
      );
    },
  );

  it("want the safe steps alone, unless others are named", () => {
    const wanted = (options: object) => [...resolveOptimizations(options, allSteps).wanted];
    const safe = allSteps.filter(({ risk }) => risk === "safe").map(({ id }) => id);
    expect(wanted({})).toEqual(safe);
    expect(wanted({ optimizations: "none" })).toEqual([]);
    expect(wanted({ optimizations: ["retries", "pg"], disable: ["pg"] })).toEqual(["retries"]);
    expect(new Set(allSteps.map(({ id }) => id)).size).toBe(allSteps.length);
    expect(() => wanted({ isOn: 1 })).toThrow(TypeError);
  });
});
