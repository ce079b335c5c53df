import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import { ArmError, VictorError } from "../errors.ts";
import {
  type ArmSpec,
  type Measurement,
  type MeasureProgress,
  measureInterleaved,
} from "../measure/index.ts";
import { knownKeys, oneOf, reject } from "../options.ts";
import { thrownText } from "../thrown-text.ts";
import { describeEnvironment } from "./described-environment.ts";
import { tryFolder } from "./output-folder.ts";
import type { ProgressOutput } from "./progress.ts";
import {
  type AreaResult,
  type Repetitions,
  type ReportDocument,
  type RowResult,
  schemaVersion,
} from "./report-document.ts";
import { type ReportFormat, reportFormats, saveReport } from "./report-files.ts";
import { armNames, rowResult, unmeasuredRow } from "./row-result.ts";
import { toolkitVersion } from "./toolkit-version.ts";
import { verdictText } from "./verdict-text.ts";
import { WorkFolder } from "./work-folder.ts";
import {
  type Engine,
  engines,
  isMissing,
  type MissingVariant,
  type OpenRoom,
  type Plan,
  type Room,
  type Variant,
  type Workload,
} from "./workload.ts";
import { rooms as allRooms } from "./workload-list.ts";

export interface ReportOptions {
  /** Areas to measure, in the report's order. @default all */
  readonly rooms?: readonly Room[];
  /** Fewer processes and rounds: about a minute for the database, with wider intervals. @default false */
  readonly quick?: boolean;
  /** Database that the database rows run on. @default "sqlite", in a temporary file */
  readonly engine?: Engine;
  /** Of the server that `engine` names; the report works in schemas of its own there, and removes them. */
  readonly url?: string;
  /** Files to write. @default all */
  readonly formats?: readonly ReportFormat[];
  /** Folder for the files; made when missing. @default "reports" */
  readonly outDir?: string;
  /** What to type to measure this again, printed in the report. @default "npx victor report" */
  readonly command?: string;
  /** Stops the run; what is measured by then is saved and marked as partial. */
  readonly signal?: AbortSignal;
  /** Hears how far the run is. @default nobody */
  readonly progress?: ProgressOutput;
  /** Of all generated data and keys, and of the order in which variants take turns; an integer. @default 1 */
  readonly seed?: number;
  /** How often everything is repeated. @default what `quick` says */
  readonly repetitions?: Plan;
}

export interface ReportRun {
  readonly document: ReportDocument;
  /** Paths of the files that were written. */
  readonly files: readonly string[];
}

/** Repetitions of the full report and of the quick one. */
export const reportPlans: Readonly<Record<"full" | "quick", Plan>> = Object.freeze({
  full: Object.freeze({ processes: 5, rounds: 20, warmupRounds: 4 }),
  quick: Object.freeze({ processes: 3, rounds: 8, warmupRounds: 3 }),
});

const known = [
  ...["rooms", "quick", "engine", "url", "formats", "outDir", "command", "signal", "progress", "seed"],
  "repetitions",
];

/**
 * Measures the rows of the rooms one after the other and writes the report, anew after each row.
 * A row that fails is said to have failed; the others go on.
 * @throws {VictorError} `VICTOR_REPORT_OUTPUT` when `outDir` can't be written to, which is tried before anything is
 *   measured; `VICTOR_REPORT_NO_URL` without a URL for a server, and what a room throws when none could be opened
 * @throws {RangeError | TypeError} on a wrong option
 */
export async function runReport(options: ReportOptions = {}): Promise<ReportRun> {
  knownKeys("runReport", options, known);
  const engine = oneOf("engine", options.engine ?? "sqlite", engines);
  if (engine !== "sqlite" && options.url === undefined)
    throw new VictorError(
      "VICTOR_REPORT_NO_URL",
      `engine ${engine} needs a server: give --url ${engine}://user:password@host/database, or set DATABASE_URL`,
    );
  const { rooms = allRooms, formats = reportFormats } = options;
  if (rooms.length === 0) reject("rooms", "at least one room", rooms);
  await tryFolder(options.outDir ?? "reports");
  using work = new WorkFolder();
  try {
    return await new ReportRunner({ ...options, engine, rooms, formats }, work.path).run();
  } finally {
    options.progress?.end();
  }
}

type Resolved = ReportOptions & Required<Pick<ReportOptions, "engine" | "rooms" | "formats">>;

class ReportRunner {
  readonly #options: Resolved;
  readonly #workDir: string;
  readonly #plan: Plan;
  readonly #signal: AbortSignal;
  readonly #startedAt = new Date();
  readonly #started = systemClock.now();
  readonly #areas: AreaResult[] = [];
  readonly #measured = new Map<string, Measurement>();
  #versions: Record<string, string> = {};
  #files: readonly string[] = [];

  constructor(options: Resolved, workDir: string) {
    this.#options = options;
    this.#workDir = workDir;
    this.#plan = options.repetitions ?? reportPlans[options.quick ? "quick" : "full"];
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async run(): Promise<ReportRun> {
    const failures: unknown[] = [];
    for (const [index, room] of this.#options.rooms.entries()) {
      if (this.#signal.aborted) break;
      try {
        await this.#room(room, index);
      } catch (error) {
        // Not the room's workloads, which answer for themselves: it could not be opened or cleared away.
        failures.push(error);
        if (this.#signal.aborted) continue;
        this.#areas[index] = {
          ...this.#area(room, this.#areas[index]?.rows ?? []),
          error: thrownText(error),
        };
        this.#options.progress?.line(`${room.id}: ${thrownText(error)}`);
      }
    }
    if (failures.length > 0 && !this.#areas.some(({ rows }) => rows.length > 0)) throw failures[0];
    const document = await this.#save(!this.#signal.aborted);
    return { document, files: this.#files };
  }

  async #room(room: Room, index: number): Promise<void> {
    const { engine, url, quick = false, seed = 1, progress } = this.#options;
    // Each has its own, so that no room finds what another left there.
    const workDir = join(this.#workDir, room.id);
    mkdirSync(workDir, { recursive: true });
    const opened = await room.open({
      engine,
      url,
      quick,
      seed,
      workDir,
      repetitions: this.#plan,
      signal: this.#signal,
      announce: (text) =>
        progress?.update({ text: `${room.id}: ${text}`, share: index / this.#options.rooms.length }),
    });
    try {
      Object.assign(this.#versions, opened.versions);
      await this.#rows(room, index, opened);
    } finally {
      await opened.close();
    }
  }

  async #rows(room: Room, index: number, { workloads, missing }: OpenRoom): Promise<void> {
    const rows = workloads.map((workload) => unmeasuredRow(workload, this.#repetitions(workload)));
    if (missing !== undefined) {
      this.#areas[index] = { ...this.#area(room, rows), missing };
      this.#options.progress?.line(`${room.id}: not measured: ${missing}`);
      return;
    }
    for (const [i, workload] of workloads.entries()) {
      if (this.#signal.aborted) break;
      const before = (index + i / workloads.length) / this.#options.rooms.length;
      const row = await this.#measure(workload, (event) => {
        const share = before + event.done / event.total / workloads.length / this.#options.rooms.length;
        this.#options.progress?.update({ text: `${workload.title}: ${event.phase}, ${event.arm}`, share });
      });
      rows[i] = row;
      this.#areas[index] = this.#area(room, rows);
      this.#options.progress?.line(`${row.title}: ${verdictText(row)}${row.partial ? " (cut short)" : ""}`);
      await this.#save(false).catch((error: unknown) => {
        // A disk that is full now may not be at the end, which decides; what was measured stays.
        this.#options.progress?.line(`not saved yet: ${thrownText(error)}`);
      });
    }
  }

  /** Measures one row; a peer that fails is left out, and said to have failed. */
  async #measure(workload: Workload, onProgress: (event: MeasureProgress) => void): Promise<RowResult> {
    const repetitions = this.#repetitions(workload);
    const { processes, rounds, warmupRounds } = repetitions;
    const arms = armsOf(workload);
    const measure = async (specs: ArmSpec[]): Promise<Measurement> => {
      // Rows that are different counters of the same runs share them.
      const key = workload.unit.shown === "counter" ? JSON.stringify([specs, repetitions]) : undefined;
      const known = key === undefined ? undefined : this.#measured.get(key);
      if (known !== undefined) return known;
      const measurement = await measureInterleaved({
        processes,
        rounds,
        warmupRounds,
        arms: specs,
        seed: this.#options.seed ?? 1,
        signal: this.#signal,
        onProgress,
      });
      if (key !== undefined) this.#measured.set(key, measurement);
      return measurement;
    };
    try {
      return rowResult(workload, { repetitions, measurement: await measure(arms) });
    } catch (error) {
      if (this.#signal.aborted) return { ...unmeasuredRow(workload, repetitions), partial: true };
      if (!(error instanceof ArmError) || error.arm !== armNames.peer)
        return rowResult(workload, { repetitions, error: thrownText(error) });
      const peerError = thrownText(error);
      try {
        const measurement = await measure(arms.filter(({ name }) => name !== armNames.peer));
        return rowResult(workload, { repetitions, measurement, peerError });
      } catch (second) {
        if (this.#signal.aborted) return { ...unmeasuredRow(workload, repetitions), partial: true };
        return rowResult(workload, { repetitions, error: thrownText(second) });
      }
    }
  }

  /** A counter is read once in a process, most after one round. */
  #repetitions({ unit, operationsPerRound }: Workload): Repetitions {
    const isOfOneRound = unit.shown === "counter" && unit.rounds !== "all";
    const plan = isOfOneRound ? { ...this.#plan, rounds: 1, warmupRounds: 0 } : this.#plan;
    return { ...plan, operationsPerRound };
  }

  #area({ id, title, about, limits }: Room, rows: readonly RowResult[]): AreaResult {
    return { id, title, about, rows: [...rows], limits };
  }

  async #save(complete: boolean): Promise<ReportDocument> {
    const {
      engine,
      quick = false,
      seed = 1,
      formats,
      outDir = "reports",
      command = "npx victor report",
    } = this.#options;
    const document: ReportDocument = {
      schema: "victor-optimizations/report",
      schemaVersion,
      version: toolkitVersion(),
      startedAt: this.#startedAt.toISOString(),
      durationSeconds: Math.round((systemClock.now() - this.#started) / 100) / 10,
      partial: !complete,
      ...(!complete && {
        partialReason: this.#signal.aborted
          ? "the run was stopped before all rows were measured"
          : "the run had not ended when this was saved",
      }),
      quick,
      engine,
      seed,
      command,
      environment: { ...describeEnvironment(), ...this.#versions },
      areas: this.#areas.filter((area) => area !== undefined),
    };
    this.#files = await saveReport(document, outDir, formats);
    return document;
  }
}

function armsOf(workload: Workload): ArmSpec[] {
  const spec = (name: string, variant: Variant | MissingVariant | undefined): ArmSpec[] => {
    if (!variant || isMissing(variant)) return [];
    const { module, export: exportName, args, nodeArgs = [] } = variant;
    return [{ name, module, export: exportName, args, nodeArgs, count: workload.operationsPerRound }];
  };
  const { baseline, peer, optimized } = workload;
  return [
    ...spec(armNames.baseline, baseline),
    ...spec(armNames.peer, peer),
    ...spec(armNames.optimized, optimized),
  ];
}
