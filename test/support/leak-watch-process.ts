/** Watches one operation of the corpus, in this process and in the time of a clock of its own: `node leak-watch-process.ts FILE EXPORT`. */
import { pathToFileURL } from "node:url";
import { LeakDetector } from "../../src/memory/leaks/leak-detector.ts";
import { ManualClock } from "./manual-clock.ts";

const [file, name] = process.argv.slice(2) as [string, string];
const operation = await (await import(pathToFileURL(file).href))[name]();
const clock = new ManualClock();
using detector = new LeakDetector({ clock, warmupMs: 10_000, cpuShare: 1, minBytes: 262_144 }).start();
for (let second = 0, call = 0; second < 200; second++) {
  for (let i = 0; i < 40; i++) await operation(call++);
  clock.pass(1000);
  // What only swings gives it no reason to read by itself.
  if (second % 5 === 0) await detector.check();
}
process.stdout.write(JSON.stringify(detector.report()));
