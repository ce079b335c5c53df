import { type Command, InvalidArgumentError } from "commander";
import type { Engine, ReportFormat, ReportOptions, ReportRun, Room } from "../report/index.ts";
import { StopSignals } from "./stop-signals.ts";

interface ReportFlags {
  readonly only?: readonly string[];
  readonly quick?: true;
  readonly format: readonly string[];
  readonly out: string;
  readonly engine?: string;
  readonly url?: string;
}

/** Adds `victor report`. The measuring part is loaded only when the command runs. @param finish is told the exit code */
export function addReportCommand(program: Command, finish: (exitCode: number) => void): void {
  const words = (text: string): string[] => {
    const list = text.split(",").map((word) => word.trim());
    if (list.includes("")) throw new InvalidArgumentError("expected words with commas between them.");
    return list;
  };
  program
    .command("report")
    .description(
      "measure this machine before and after optimization, and write the Performance Tuning Report",
    )
    .option(
      "--only <areas>",
      "areas to measure, with commas between them: service, database, memory, algorithms, concurrency, network, cache, tools; default: all",
      words,
    )
    .option("--quick", "fewer repetitions: about a minute for the database")
    .option("--format <formats>", "files to write: md, html, json", words, ["md", "html", "json"])
    .option("--out <dir>", "folder for the files", "reports")
    .option("--engine <engine>", "database of the database rows: sqlite (a temporary file) or postgres")
    .option("--url <url>", "postgres:// URL of a server to measure on; default: DATABASE_URL")
    .action(async (flags: ReportFlags) => finish(await report(flags)));
}

async function report(flags: ReportFlags): Promise<number> {
  const { VictorError } = await import("../errors.ts");
  const { progressOutput, runReport } = await import("../report/index.ts");
  const options = await validate(flags);
  if (typeof options === "string") {
    process.stderr.write(`error: ${options}\n`);
    return 2;
  }
  using stop = new StopSignals((name) => {
    process.stderr.write(
      `\n${name}: stopping, the report of what is measured follows (again to leave at once)\n`,
    );
  });
  try {
    const run = await runReport({
      ...options,
      signal: stop.signal,
      progress: progressOutput(process.stderr),
    });
    printOutcome(run);
    if (stop.signal.aborted) return 130;
    return failed(run) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof VictorError)) throw error;
    process.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return error.code === "VICTOR_REPORT_OUTPUT" ? 2 : 1;
  }
}

/** @returns options, or what is wrong with the flags */
async function validate(flags: ReportFlags): Promise<ReportOptions | string> {
  const { engines, reportFormats, rooms } = await import("../report/index.ts");
  const unknown = (flag: string, words: readonly string[], valid: readonly string[]): string | undefined => {
    const wrong = words.find((word) => !valid.includes(word));
    return wrong === undefined ? undefined : `--${flag}: unknown "${wrong}"; valid are ${valid.join(", ")}`;
  };
  const ids = rooms.map(({ id }) => id);
  const wrong =
    unknown("only", flags.only ?? [], ids) ??
    unknown("format", flags.format, reportFormats) ??
    unknown("engine", flags.engine === undefined ? [] : [flags.engine], engines);
  if (wrong !== undefined) return wrong;
  const engine = (flags.engine ?? (flags.url === undefined ? "sqlite" : "postgres")) as Engine;
  if (engine === "sqlite" && flags.url !== undefined)
    return "--url: the SQLite rows run on a temporary file and take no URL; leave out --url, or give --engine postgres";
  const url = engine === "postgres" ? (flags.url ?? process.env.DATABASE_URL) : undefined;
  if (engine === "postgres") {
    if (!url)
      return "--engine postgres needs a server: give --url postgres://user:password@host:5432/database, or set DATABASE_URL";
    if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
      return "--url: expected a URL such as postgres://user:password@host:5432/database";
  }
  return {
    rooms: rooms.filter(({ id }: Room) => flags.only === undefined || flags.only.includes(id)),
    quick: flags.quick ?? false,
    formats: reportFormats.filter((format: ReportFormat) => flags.format.includes(format)),
    outDir: flags.out,
    engine,
    ...(url !== undefined && { url }),
    command: commandLine(flags, engine, url),
  };
}

/** What repeats this run, without a password. */
function commandLine(flags: ReportFlags, engine: Engine, url: string | undefined): string {
  const secret = url !== undefined && new URL(url).password !== "";
  const quoted = (text: string): string =>
    /^[\w.,/:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return [
    "npx victor report",
    ...(flags.only ? [`--only ${flags.only.join(",")}`] : []),
    ...(flags.quick ? ["--quick"] : []),
    `--format ${flags.format.join(",")}`,
    `--out ${quoted(flags.out)}`,
    `--engine ${engine}`,
    ...(url === undefined ? [] : [`--url ${secret ? '"$DATABASE_URL"' : quoted(url)}`]),
  ].join(" ");
}

function failed({ document }: ReportRun): boolean {
  return document.areas.some(
    ({ error, rows }) =>
      error !== undefined || rows.some(({ verdict }) => verdict === "answers-differ" || verdict === "failed"),
  );
}

function printOutcome({ document, files }: ReportRun): void {
  if (document.partial) process.stdout.write("The report is partial.\n");
  for (const file of files) process.stdout.write(`${file}\n`);
}
