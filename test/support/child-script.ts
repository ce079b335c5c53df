import { spawnSync } from "node:child_process";

const source = (path: string) => new URL(`../../src/${path}`, import.meta.url).href;

/**
 * Runs `body`, an async function's body, in a Node process of its own with `gc`. It finds LruCache, TimedCache,
 * AdaptiveCache and `collect` (which runs the collector until all is gone that can go).
 * @returns what the body returned, by way of JSON
 * @throws when the process fails, or hasn't ended by itself after four minutes
 */
export function runScript(body: string): unknown {
  const script = `
    import { setTimeout as sleep } from "node:timers/promises";
    import { AdaptiveCache } from ${JSON.stringify(source("algorithms/adaptive-cache.ts"))};
    import { LruCache } from ${JSON.stringify(source("algorithms/lru-cache.ts"))};
    import { TimedCache } from ${JSON.stringify(source("algorithms/timed-cache.ts"))};
    const collect = async () => { for (let i = 0; i < 4; i++) { await sleep(1); gc(); } };
    const answer = await (async () => { ${body} })();
    process.stdout.write(JSON.stringify(answer ?? null));
  `;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8", timeout: 240_000 },
  );
  if (status !== 0) throw new Error(`the script ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout);
}
