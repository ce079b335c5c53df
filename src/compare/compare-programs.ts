import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CompareError } from "../errors.ts";
import { seededRandom } from "../measure/index.ts";
import { roundOrders } from "../measure/round-order.ts";
import type { ComparedArm } from "./arm.ts";
import type { AppliedStep, CompareDocument } from "./compare-document.ts";
import { type CompareOptions, type ResolvedCompare, resolveCompare } from "./compare-options.ts";
import { refusalText } from "./compare-warnings.ts";
import { ComparisonRecord } from "./comparison-record.ts";
import { runJob } from "./job-run.ts";
import { LoadProcess } from "./load/load-process.ts";
import type { CapacityReply } from "./load/load-protocol.ts";
import {
  importedModule,
  loadingArm,
  noStartUp,
  optimizedArm,
  plainArm,
  readSteps,
  startUpOf,
  startUpStep,
} from "./optimized-arms.ts";
import type { RunningServer } from "./running-server.ts";
import { type ServerLoad, type ServerRun, serverRound, startServer } from "./server-round.ts";

const capacityConcurrency = 16;
const capacityMs = 3000;
/** A program that runs so long may be a server, which never ends. */
const hintMs = 15_000;
const tryOutMs = 500;
/** The generator has to keep up, too. */
const highestOwnRate = 4000;
/** Starting and ending a program, in the estimate of the time it all takes. */
const startMs = 1000;
/** After a program has been killed once, there is no point in waiting as long again. */
const impatientGraceMs = 500;

/**
 * Compares a program without and with optimizations, or two programs: fresh processes in every round, loaded at a fixed
 * arrival rate in turns (or run to their end), judged pair by pair of processes. Nothing of them is left when it
 * settles.
 * @returns all that is measured; `partial` when `signal` ended it after a round or more
 * @throws {TypeError} @throws {RangeError} naming the option
 * @throws {CompareError} `VICTOR_COMPARE`: a program doesn't start, crashes, never answers or fails; the signal's reason
 *   when it aborts before the first round is done
 */
export async function comparePrograms(options: CompareOptions): Promise<CompareDocument> {
  const settings = resolveCompare(options);
  const folder = mkdtempSync(join(tmpdir(), "victor-cmp-"));
  let load: LoadProcess | undefined;
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const onExit = (): void => {
    load?.abandon();
    remove();
  };
  process.on("exit", onExit);
  try {
    await using started = new LoadProcess(settings.signal);
    load = started;
    // Not before it is there: killed until then, this process would leave its programs to nobody.
    await started.guard([]);
    return await new Comparing(settings, folder, started).run();
  } finally {
    process.off("exit", onExit);
    remove();
  }
}

class Comparing {
  readonly #settings: ResolvedCompare;
  readonly #folder: string;
  readonly #load: LoadProcess;
  readonly #groups = new Set<number>();
  readonly #url: string | undefined;
  #graceMs: number;

  constructor(settings: ResolvedCompare, folder: string, load: LoadProcess) {
    this.#settings = settings;
    this.#folder = folder;
    this.#load = load;
    this.#graceMs = settings.graceMs;
    this.#url = settings.url ?? (settings.script === undefined ? undefined : "http://127.0.0.1:{port}/");
  }

  get #isServer(): boolean {
    return this.#url !== undefined;
  }

  async run(): Promise<CompareDocument> {
    const { signal, rounds, seed } = this.#settings;
    const { arms, steps } = await this.#prepare();
    const rate = this.#isServer ? await this.#rate(arms[0]!) : undefined;
    const sideBySide = this.#isServer && this.#ownPort;
    const record = new ComparisonRecord(this.#settings, arms, {
      kind: this.#isServer ? "server" : "job",
      url: this.#url,
      sideBySide,
      rate: rate?.value,
      rateOrigin: rate?.origin,
      steps,
    });
    this.#sayPlan(arms.length, rate);
    const random = seededRandom(seed);
    const orders = roundOrders(arms.length, random);
    const turns = roundOrders(arms.length, random);
    for (let round = 1; round <= rounds; round++) {
      try {
        signal?.throwIfAborted();
        const order = orders.next().value.map((i) => arms[i]!);
        await this.#round(round, order, sideBySide ? turns : undefined, rate?.value, record);
      } catch (error) {
        // What is measured counts, unless it is nothing.
        if (signal?.aborted && error === signal.reason && record.roundsDone > 0) return record.document(true);
        throw error;
      }
      if (round < rounds) await this.#settings.partial(record.document(true));
    }
    return record.document(false);
  }

  async #prepare(): Promise<{
    readonly arms: ComparedArm[];
    steps(): readonly AppliedStep[] | undefined;
  }> {
    const { command, a, b, ablate } = this.#settings;
    if (command === undefined)
      return {
        arms: [
          { name: "a", command: a!, env: {} },
          { name: "b", command: b!, env: {} },
        ],
        steps: () => undefined,
      };
    const module = importedModule(this.#settings.module);
    if (module === undefined)
      throw new CompareError("no-steps", "with", "auto mode is not part of this installation; name a module");
    const statusFolder = this.#newFolder("status");
    const isOwn = this.#settings.module === undefined;
    const by = { module, startUp: isOwn ? startUpOf(command, process.env) : noStartUp };
    const arms = [plainArm(command, isOwn), optimizedArm(command, by, statusFolder)];
    // A program that can't run with optimizations is better known before the first round than after.
    this.#say("trying the program with optimizations", 0);
    await this.#tryOut(arms[1]!);
    const steps = () => {
      const told = readSteps(statusFolder);
      return told && [...startUpStep(by.startUp), ...told];
    };
    if (!ablate) return { arms, steps };
    const applied = steps()?.filter(({ state }) => state === "applied") ?? [];
    if (applied.length === 0)
      throw new CompareError(
        "no-steps",
        "with",
        "no optimization was applied, so none can be measured by itself",
      );
    const alone = this.#newFolder("alone");
    const single = applied.map((step) => optimizedArm(command, by, alone, step));
    return { arms: [...arms, loadingArm(command, by, alone), ...single], steps };
  }

  async #tryOut(arm: ComparedArm): Promise<void> {
    if (!this.#isServer) {
      const hint = setTimeout(
        () => this.#say("it still runs, and is measured when it ends; if it is a server, give --url", 0),
        hintMs,
      );
      try {
        await runJob(0, arm, this.#jobSettings());
      } finally {
        clearTimeout(hint);
      }
      return;
    }
    await using server = await startServer(arm, this.#serverLoad(1), this.#load, this.#onStopped);
    if (!this.#settings.ablate) return;
    // What a step waits for may be loaded by the first requests alone.
    await this.#capacity(server, tryOutMs);
    await server.program.checkAlive();
  }

  #newFolder(name: string): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    return folder;
  }

  /** As given, or half of what the first program can do. */
  async #rate(arm: ComparedArm): Promise<{ readonly value: number; readonly origin: string }> {
    const { rate } = this.#settings;
    if (rate !== undefined) return { value: rate, origin: "as given" };
    this.#say(`finding out how much ${arm.name} can do`, 0);
    await using server = await startServer(arm, this.#serverLoad(1), this.#load, this.#onStopped);
    const { perSecond, failed } = await this.#capacity(server, capacityMs / 2, capacityMs);
    await server.program.checkAlive();
    if (perSecond < 1)
      throw new CompareError(
        "load-failed",
        arm.name,
        `answered ${perSecond.toFixed(2)} requests/s, and ${failed} failed; give --rate`,
        server.program.lastLines,
      );
    const value = Math.min(highestOwnRate, Number((perSecond / 2).toPrecision(2)));
    const origin = `half of the ${Math.round(perSecond)} requests/s that ${arm.name} can do with ${capacityConcurrency} at a time`;
    return {
      value,
      origin: value === highestOwnRate ? `as much as the generator should send (${origin})` : origin,
    };
  }

  /** Loads a server as much as it can take, for each of the durations. @returns what it did in the last */
  async #capacity({ url, program }: RunningServer, ...durationsMs: number[]): Promise<CapacityReply> {
    const { script, timeoutMs } = this.#settings;
    const arm = program.arm.name;
    let reply: CapacityReply = { perSecond: 0, failed: 0 };
    await this.#load.ask({
      type: "open",
      arm,
      url,
      ...(script !== undefined && { script: scriptUrl(script) }),
    });
    for (const durationMs of durationsMs)
      reply = await this.#load.ask<CapacityReply>({
        type: "capacity",
        arm,
        concurrency: capacityConcurrency,
        durationMs,
        timeoutMs,
      });
    await this.#load.ask({ type: "close", arm });
    return reply;
  }

  async #round(
    round: number,
    order: readonly ComparedArm[],
    turns: Iterator<readonly number[]> | undefined,
    rate: number | undefined,
    record: ComparisonRecord,
  ): Promise<void> {
    const { rounds } = this.#settings;
    this.#say(`round ${round} of ${rounds}`, (round - 1) / rounds);
    if (!this.#isServer) {
      const jobs = [];
      for (const arm of order) jobs.push(await runJob(round, arm, this.#jobSettings()));
      record.addJobs(jobs);
      return;
    }
    const settings = this.#serverLoad(rate!);
    if (turns === undefined) {
      const runs = [];
      for (const arm of order)
        runs.push(...(await serverRound(round, [arm], alone(), settings, this.#load)).runs);
      refuseRefusals(runs);
      record.addServers(runs, undefined);
      return;
    }
    const result = await serverRound(round, order, turns, settings, this.#load, record.slotMs);
    refuseRefusals(result.runs);
    record.addServers(result.runs, result.slotMs);
    if (result.runs.some(({ heardSigterm }) => !heardSigterm))
      this.#graceMs = Math.min(this.#graceMs, impatientGraceMs);
  }

  get #ownPort(): boolean {
    const { command, a = "", b = "" } = this.#settings;
    return [this.#url ?? "", ...(command ?? []), a, b].some((text) => text.includes("{port}"));
  }

  readonly #onStopped = (heard: boolean): void => {
    if (!heard) this.#graceMs = Math.min(this.#graceMs, impatientGraceMs);
  };

  #serverLoad(rate: number): ServerLoad {
    const { script, url, startTimeoutMs, signal } = this.#settings;
    return {
      ...this.#settings,
      script: script === undefined ? undefined : scriptUrl(script),
      rate,
      graceMs: this.#graceMs,
      groups: this.#groups,
      place: {
        url: this.#url!,
        ownPort: this.#ownPort,
        answers: url !== undefined,
        startTimeoutMs,
        folder: this.#folder,
        signal,
      },
    };
  }

  #jobSettings() {
    const { timeoutMs, signal } = this.#settings;
    return {
      timeoutMs,
      signal,
      folder: this.#folder,
      onGroup: (group: number | undefined) => this.#load.guard(group === undefined ? [] : [group]),
    };
  }

  #sayPlan(arms: number, rate: { readonly value: number; readonly origin: string } | undefined): void {
    const { rounds, durationMs, warmupMs } = this.#settings;
    if (rate === undefined) {
      this.#say(`${rounds} rounds of ${arms} programs, each run to its end`, 0);
      return;
    }
    const minutes = (rounds * arms * (durationMs + warmupMs + startMs)) / 60_000;
    this.#say(
      `${rounds} rounds of ${arms} programs at ${rate.value} requests/s (${rate.origin}): about ${minutes < 1 ? `${Math.ceil(minutes * 60)} s` : `${Math.ceil(minutes)} min`}`,
      0,
    );
  }

  #say(text: string, share: number): void {
    this.#settings.progress(text, share);
  }
}

/** Where all programs answer nearly nothing, the URL is wrong, and there is nothing to compare. */
function refuseRefusals(runs: readonly ServerRun[]): void {
  const texts = runs.map(({ run }) => refusalText([run]));
  const [text] = texts;
  if (text !== undefined && !texts.includes(undefined))
    throw new CompareError("load-failed", runs[0]!.arm, text);
}

const scriptUrl = (script: string): string =>
  script.startsWith("file:") ? script : pathToFileURL(resolve(script)).href;

function* alone(): Generator<readonly number[], never, void> {
  for (;;) yield [0];
}
