#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addCompareCommand } from "./compare-command.ts";
import { addDashboardCommand } from "./dashboard-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addHeapCommand } from "./heap-command.ts";
import { addProfileCommand } from "./profile-command.ts";
import { addReportCommand } from "./report-command.ts";
import { addRunCommand } from "./run-command.ts";
import { addToolsCommand } from "./tools-command.ts";

/** Exit codes: 0 done; 1 a check or a workload failed; 2 wrong usage; 130 stopped by a signal. */
async function main(): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  let exitCode = 0;
  const program = new Command("victor")
    .description(
      "Measures what the victor-optimizations toolkit gains, on this machine and on your own program.",
    )
    .version(version)
    .exitOverride()
    .showHelpAfterError("(victor --help lists commands and options)");
  const finish = (code: number): void => {
    exitCode = code;
  };
  addReportCommand(program, finish);
  addCompareCommand(program, finish);
  addRunCommand(program, finish);
  addDashboardCommand(program, finish);
  addDoctorCommand(program, finish);
  addHeapCommand(program, finish);
  addProfileCommand(program, finish);
  addToolsCommand(program, finish);
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    // Commander has already said what is wrong; help and version come this way too, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/**
 * A reader that has seen enough, as `| head` has, is no failure, and neither is a terminal that was closed: what isn't taken
 * is lost, and the work goes on. A disk that is full is one, and no finding of a check.
 */
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (code === "EPIPE" || (code === "EIO" && process.stdout.isTTY)) return;
  process.stderr.write(`error: standard output can't be written: ${message}\n`);
  process.exit(2);
});
// What is said beside the work is not worth its end.
process.stderr.on("error", () => undefined);
process.exitCode = await main();
