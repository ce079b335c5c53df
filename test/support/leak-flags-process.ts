/**
 * Tells how V8's flags stand before, during and after a detection: as this process was started, and when the program itself had
 * switched inlining off.
 */
import { cachedDataVersionTag, setFlagsFromString } from "node:v8";
import { detectLeaks } from "../../src/memory/leaks/detect-leaks.ts";

const changesNothing = (flag: string): boolean => {
  const before = cachedDataVersionTag();
  setFlagsFromString(flag);
  return cachedDataVersionTag() === before;
};

async function seen(): Promise<object> {
  const gc = typeof globalThis.gc;
  const before = cachedDataVersionTag();
  let off = false;
  await detectLeaks({
    operation: (call) => {
      if (call === 0) off = changesNothing("--no-turbo-inlining") && changesNothing("--no-maglev-inlining");
    },
    iterations: 60,
  });
  return {
    flags: cachedDataVersionTag() === before ? "as before" : "changed",
    gc: typeof globalThis.gc === gc ? "as before" : "changed",
    inlining: off ? "off meanwhile" : "on",
  };
}

const asStarted = await seen();
setFlagsFromString("--no-turbo-inlining");
process.stdout.write(JSON.stringify([asStarted, await seen()]));
