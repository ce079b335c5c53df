import { type Command, InvalidArgumentError } from "commander";
import type { ProgramRecording, RecordingOptions } from "../profiler/program/index.ts";
import { type ProfileFormat, profileFormats } from "../report/profile-formats.ts";

interface ProfileFlags {
  readonly attach?: number;
  readonly duration?: number;
  readonly format: readonly string[];
  readonly out: string;
  readonly interval?: number;
  readonly keep?: true;
  readonly children?: true;
  readonly deopts?: true;
}

/** Adds `victor profile`. @param finish is told the exit code */
export function addProfileCommand(program: Command, finish: (exitCode: number) => void): void {
  const number = (pattern: RegExp, expected: string) => (text: string) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`expected ${expected}.`);
    return Number(text);
  };
  program
    .command("profile")
    .description("run a program, or attach to one, and write where its time and memory go, with advice")
    .argument("[command...]", "what to run, after --: node app.js, npm start")
    .option(
      "--attach <pid>",
      "a running Node process to profile instead",
      number(/^[1-9]\d{0,9}$/, "a process id"),
    )
    .option(
      "--duration <seconds>",
      "how long: then the program is ended by SIGTERM; 10 with --attach, which goes on",
      number(/^(?:\d{1,5})(?:\.\d{1,3})?$/, "seconds"),
    )
    .option("--format <formats>", "files to write: html, md, json", (text: string) => text.split(","), [
      "html",
    ])
    .option("--out <file>", "file to write; its ending is replaced by the format's", "victor-profile.html")
    .option("--interval <µs>", "microseconds between two samples", number(/^\d{1,7}$/, "microseconds"))
    .option("--keep", "keep .cpuprofile and .heapprofile files beside it")
    .option("--children", "profile processes that the program starts, too")
    .option(
      "--deopts",
      "trace deoptimizations, too; V8 ends a program that has no file descriptor left or gives up its user meanwhile",
    )
    .action(async (command: string[], flags: ProfileFlags) => finish(await profile(command, flags)));
}

async function profile(command: readonly string[], flags: ProfileFlags): Promise<number> {
  const unknown = flags.format.find((format) => !profileFormats.includes(format as ProfileFormat));
  if (unknown !== undefined)
    return refuse(`--format: unknown "${unknown}"; valid are ${profileFormats.join(", ")}`, 2);
  if ((command.length === 0) === (flags.attach === undefined))
    return refuse("expected either a command after -- or --attach <pid>", 2);
  if (flags.attach !== undefined && flags.deopts)
    return refuse("--deopts: only for a command; they can't be traced with --attach", 2);
  const { VictorError } = await import("../errors.ts");
  const { tryFile } = await import("../report/save-file.ts");
  try {
    for (const format of flags.format) await tryFile(`${baseOf(flags)}.${format}`);
    return await (flags.attach === undefined ? run(command, flags) : attach(flags.attach, flags));
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message, 2);
    if (error instanceof VictorError) return refuse(`${error.message} [${error.code}]`, 1);
    throw error;
  }
}

async function run(command: readonly string[], flags: ProfileFlags): Promise<number> {
  const { recordProgram } = await import("../profiler/program/index.ts");
  const recorded = recordProgram(command, {
    ...recordingOptions(flags),
    children: flags.children ?? false,
    deopts: flags.deopts ?? false,
    notice: say,
  });
  // Loaded while the program runs, so that nobody waits for it afterwards.
  const [ended] = await Promise.all([recorded, import("../report/profile-report.ts")]);
  using result = ended;
  for (const [i, recording] of result.recordings.entries())
    await write(recording, flags, i === 0 ? "" : `-${recording.threads[0]?.state.pid}`);
  return result.exitCode;
}

async function attach(pid: number, flags: ProfileFlags): Promise<number> {
  const { recordProcess } = await import("../profiler/program/index.ts");
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error("stopped"));
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    await write(await recordProcess(pid, { ...recordingOptions(flags), signal: stop.signal }), flags, "");
    return 0;
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 130;
    throw error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function recordingOptions({ duration, interval }: ProfileFlags): RecordingOptions {
  return {
    ...(duration !== undefined && { durationMs: duration * 1000 }),
    ...(interval !== undefined && { intervalUs: interval }),
  };
}

async function write(recording: ProgramRecording, flags: ProfileFlags, suffix: string): Promise<void> {
  const { analyseProgram, keptProfiles } = await import("../profiler/program/index.ts");
  const { renderProfile } = await import("../report/profile-report.ts");
  const { saveFile } = await import("../report/save-file.ts");
  const base = baseOf(flags) + suffix;
  const save = async (path: string, text: string): Promise<void> => {
    await saveFile(path, text);
    say(`wrote ${path}`);
  };
  const result = analyseProgram(recording);
  for (const format of new Set(flags.format))
    await save(`${base}.${format}`, renderProfile(result, format as ProfileFormat, process.cwd()));
  if (!flags.keep) return;
  for (const thread of recording.threads) {
    const name = thread.state.threadId === 0 ? base : `${base}-thread${thread.state.threadId}`;
    const { cpu, heap } = keptProfiles(thread);
    await save(`${name}.cpuprofile`, cpu);
    await save(`${name}.heapprofile`, heap);
  }
}

/** Without its ending, which is each format's own. */
function baseOf({ out }: ProfileFlags): string {
  return out.replace(/\.(?:html|md|json)$/, "");
}

/** On standard error: standard output is the program's. */
function say(message: string): void {
  process.stderr.write(`victor profile: ${message}\n`);
}

function refuse(message: string, exitCode: number): number {
  process.stderr.write(`error: ${message}\n`);
  return exitCode;
}
