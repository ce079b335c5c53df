import { type Command, InvalidArgumentError } from "commander";
import type { CompareDocument, CompareFormat, CompareOptions } from "../compare/index.ts";
import { StopSignals } from "./stop-signals.ts";

interface CompareFlags {
  readonly a?: string;
  readonly b?: string;
  readonly url?: string;
  readonly script?: string;
  readonly rate?: number;
  readonly duration?: number;
  readonly warmup?: number;
  readonly rounds?: number;
  readonly ablate?: true;
  readonly import?: string;
  readonly seed?: number;
  readonly startTimeout?: number;
  readonly format: string;
  readonly out?: string;
  readonly failOnRegression?: number;
}

/** Adds `victor compare`. @param finish is told the exit code */
export function addCompareCommand(program: Command, finish: (exitCode: number) => void): void {
  const number = (pattern: RegExp, expected: string) => (text: string) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`expected ${expected}.`);
    return Number.parseFloat(text);
  };
  const seconds = number(/^\d{1,6}(?:\.\d{1,3})?$/, "seconds");
  program
    .command("compare")
    .description("run a program without and with optimizations, or two programs, and say what differs")
    .argument("[command...]", "the program, after --: node app.js")
    .option("--a <command>", "instead of a program: one to compare with, as a line for the shell")
    .option("--b <command>", "and the one that may be better")
    .option(
      "--url <url>",
      "what to load; {port} stands for a free port, given as PORT. Without it: a job that ends",
    )
    .option("--script <file>", "module whose default export is called for each request instead")
    .option(
      "--rate <n>",
      "requests a second; default: half of what the program can do",
      number(/^\d{1,7}(?:\.\d{1,3})?$/, "requests a second"),
    )
    .option("--duration <seconds>", "how long each process is loaded; default: 5", seconds)
    .option("--warmup <seconds>", "and before that, uncounted; default: 2", seconds)
    .option("--rounds <n>", "pairs of fresh processes; default: 15", number(/^\d{1,4}$/, "a number"))
    .option("--ablate", "measure each applied optimization by itself, too")
    .option("--import <module>", "file or package to load before the program, instead of auto mode")
    .option("--seed <n>", "of the order of turns; default: 1", number(/^-?\d{1,15}$/, "an integer"))
    .option("--start-timeout <seconds>", "how long a program may take until it answers; default: 30", seconds)
    .option("--format <format>", "md, html or json", "md")
    .option("--out <file>", "file to write, after every round; default: standard output, at the end")
    .option(
      "--fail-on-regression <percent>",
      "exit with 1 when a metric is shown to be worse by more than that",
      number(/^\d{1,4}(?:\.\d{1,3})?\s*%?$/, "a percentage such as 5%"),
    )
    .action(async (command: string[], flags: CompareFlags) => finish(await compare(command, flags)));
}

async function compare(command: readonly string[], flags: CompareFlags): Promise<number> {
  const { compareFormats, comparePrograms, renderComparison } = await import("../compare/index.ts");
  const { progressOutput } = await import("../report/index.ts");
  const { saveFile, tryFile } = await import("../report/save-file.ts");
  const { VictorError } = await import("../errors.ts");
  if (!compareFormats.includes(flags.format as CompareFormat))
    return refuse(`--format: unknown "${flags.format}"; valid are ${compareFormats.join(", ")}`);
  const wrong = wrongPrograms(command, flags);
  if (wrong !== undefined) return refuse(wrong);
  const output = progressOutput(process.stderr);
  using stop = new StopSignals((name) =>
    output.line(`${name}: stopping, what is measured follows (again to leave at once)`),
  );
  const write = async (document: CompareDocument): Promise<void> => {
    const text = renderComparison(document, flags.format as CompareFormat);
    if (flags.out !== undefined) await saveFile(flags.out, text);
    else if (!document.partial || stop.signal.aborted) process.stdout.write(text);
  };
  try {
    if (flags.out !== undefined) await tryFile(flags.out);
    const document = await comparePrograms({
      ...compareOptions(command, flags),
      signal: stop.signal,
      progress: (text, share) => {
        output.update({ text, share });
        if (share === 0 || !process.stderr.isTTY) output.line(`victor compare: ${text}`);
      },
      ...(flags.out !== undefined && { partial: write }),
    });
    await write(document);
    if (flags.out !== undefined) output.line(`wrote ${flags.out}`);
    if (document.partial) return 130;
    return await regressed(document, flags.failOnRegression);
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 130;
    if (error instanceof VictorError) return refuse(`${error.message} [${error.code}]`);
    if (error instanceof RangeError || error instanceof TypeError) return refuse(error.message);
    throw error;
  } finally {
    output.end();
  }
}

/** What is wrong, in words of the command line; `comparePrograms` would speak of its own options. */
function wrongPrograms(command: readonly string[], { a, b }: CompareFlags): string | undefined {
  const pair = a !== undefined || b !== undefined;
  if (command.length > 0) return pair ? "expected either a program after --, or --a and --b" : undefined;
  if (!pair)
    return "expected a program, such as -- node app.js, or two, by --a and --b\n(victor compare --help lists the options)";
  if (a === undefined || b === undefined)
    return `expected both --a and --b, got --${a === undefined ? "b" : "a"} alone`;
  return undefined;
}

function compareOptions(command: readonly string[], flags: CompareFlags): CompareOptions {
  const { a, b, url, script, rate, rounds, ablate, seed, duration, warmup, startTimeout } = flags;
  const module = flags.import;
  const ms = (given: number | undefined, name: string) =>
    given === undefined ? {} : { [name]: given * 1000 };
  return {
    ...(command.length > 0 && { command }),
    ...Object.fromEntries(
      Object.entries({ a, b, url, script, rate, rounds, ablate, seed, module }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    ...ms(duration, "durationMs"),
    ...ms(warmup, "warmupMs"),
    ...ms(startTimeout, "startTimeoutMs"),
  };
}

async function regressed({ comparisons }: CompareDocument, percent: number | undefined): Promise<number> {
  if (percent === undefined) return 0;
  const { regressions } = await import("../compare/index.ts");
  const found = regressions(comparisons[0]!.metrics, percent / 100);
  for (const { title, ratio } of found)
    process.stderr.write(`regression: ${title}, ${ratio.toFixed(3)}× (more than ${percent} % worse)\n`);
  return found.length > 0 ? 1 : 0;
}

/** @returns the exit code of everything that failed but is no regression */
function refuse(message: string): number {
  process.stderr.write(`error: ${message}\n`);
  return 2;
}
