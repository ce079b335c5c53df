/**
 * What does `victor run` add to a program's start? Beside Node alone, and Node with a process that stays between. Needs the
 * built form (`npm run build`). No bar: it is paid once.
 */
import { fileURLToPath } from "node:url";
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";

const module = new URL("./arms/start-up.ts", import.meta.url);
const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const between =
  "require('node:child_process').spawnSync(process.execPath, ['-e', '0'], { stdio: 'inherit' })";
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "node app.js", command: ["-e", "0"] },
    {
      name: "victor run --no-auto -- node app.js",
      command: [main, "run", "--no-auto", "--", "node", "-e", "0"],
    },
    { name: "a script that starts it as a child", command: ["-e", between] },
    {
      name: "victor run, beside (not Node itself)",
      command: [main, "run", "--no-auto", "--", "sh", "-c", "exec node -e 0"],
    },
  ].map(({ name, command }) => ({ name, module, args: { command }, count: 2 })),
  processes: 3,
  rounds: 6,
  warmupRounds: 1,
});
const [bare] = arms;
print(
  "From start to end of an empty program",
  ["arm", "median", "added", "takes × the first, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    arm === bare ? "" : formatDuration(nsOf(arm) - nsOf(bare!)),
    arm === bare ? "" : formatRatio(compareArms(arm, bare!).wall),
  ]),
  [],
  warnings,
);
