import type { Command } from "commander";
import type { RunPlan } from "../environment/run-plan.ts";

interface RunFlags {
  readonly auto: boolean;
  readonly optimizations?: string;
  readonly statusFile?: string;
  readonly verbose?: true;
  readonly dryRun?: true;
}

/** Adds `victor run`. @param finish is told the exit code */
export function addRunCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command("run")
    .description(
      "run a program with what must be set before Node starts: libuv's threads, heap limits, compile cache, auto mode",
    )
    .argument("<command...>", "what to run, after --: node app.js, npm start")
    .option("--optimizations <which>", "for auto mode: safe, none, or ids with commas between them")
    .option("--status-file <file>", "for auto mode: file that tells what was applied")
    .option("--no-auto", "set the environment only")
    .option("--verbose", "say what is set and what is left, and why, on standard error")
    .option("--dry-run", "print the command with its environment, and why; run nothing")
    .action(async (command: string[], flags: RunFlags) => finish(await run(command, flags)));
}

async function run(command: readonly string[], flags: RunFlags): Promise<number> {
  if (!flags.auto && (flags.optimizations !== undefined || flags.statusFile !== undefined)) {
    process.stderr.write(
      "error: --optimizations and --status-file are for auto mode, which --no-auto leaves away\n",
    );
    return 2;
  }
  const { commandFile } = await import("../environment/command-file.ts");
  const program = commandFile(command, process.env);
  if ("exitCode" in program) {
    process.stderr.write(`victor run: ${program.reason}\n`);
    return program.exitCode;
  }
  const { runFacts } = await import("../environment/run-facts.ts");
  const { planRun } = await import("../environment/run-plan.ts");
  const { resolve } = await import("node:path");
  const facts = runFacts(program, process.env, { wantsAuto: flags.auto, make: !flags.dryRun });
  const plan = planRun(facts, {
    optimizations: flags.optimizations,
    statusFile: flags.statusFile === undefined ? undefined : resolve(flags.statusFile),
  });
  if (flags.dryRun) {
    process.stdout.write(`${commandLine(command, plan)}\n${explained(plan)}`);
    return 0;
  }
  if (flags.verbose) process.stderr.write(explained(plan));
  const { startProgram } = await import("../environment/start-program.ts");
  return await startProgram({
    file: program.file,
    kind: program.kind,
    command,
    env: { ...process.env, ...plan.env },
  });
}

/** As a POSIX shell takes it. */
function commandLine(command: readonly string[], { env }: RunPlan): string {
  const quoted = (text: string): string =>
    /^[\w.,/:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return [
    ...Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`),
    ...command.map(quoted),
  ].join(" ");
}

/** A path in a value may be longer than a line: it doesn't move the other rows. */
const widest = 40;

function explained({ steps }: RunPlan): string {
  const lengths = steps.map(({ subject, value }) => setting(subject, value).length);
  const width = Math.max(...lengths.filter((length) => length <= widest));
  return steps
    .map(
      ({ subject, value, why }) =>
        `# ${setting(subject, value).padEnd(width)}  ${value === undefined ? `left: ${why}` : why}\n`,
    )
    .join("");
}

function setting(subject: string, value: string | undefined): string {
  return value === undefined ? subject : `${subject}=${value}`;
}
