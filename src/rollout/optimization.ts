import type { Random } from "../measure/random.ts";
import type { RolloutArm } from "./arm.ts";
import { ArmRecord } from "./arm-record.ts";
import { BenefitWatch } from "./benefit-watch.ts";
import type { RolloutSample } from "./guardrail.ts";
import { measured } from "./quantile-watch.ts";
import { waitingFor } from "./ramp.ts";
import type { Finding, RollbackFigures } from "./rollback-figures.ts";
import type { RolloutEvent } from "./rollout-event.ts";
import type { ResolvedOptimization, ResolvedRollout } from "./rollout-options.ts";
import type { OptimizationStatus, RolloutCounts, RolloutState } from "./rollout-status.ts";
import { ShareSwitch } from "./share-switch.ts";
import { watchOf } from "./watch-of.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** An event, but for what the rollout adds. */
export type OptimizationEvent = Omit<RolloutEvent, "id" | "share" | "atUnixMs">;
type EndedStage = Pick<RolloutEvent, "shareBefore" | "compared">;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The stages, tests and decisions of one optimization; told of time and outcomes, it asks for neither. */
export class Optimization {
  readonly id: string;
  readonly switch: ShareSwitch;
  readonly options: ResolvedOptimization;
  readonly arms: Readonly<Record<RolloutArm, ArmRecord>> = { on: new ArmRecord(), off: new ArmRecord() };
  readonly counts: Mutable<RolloutCounts> = {
    hung: 0,
    repeated: 0,
    late: 0,
    rejected: 0,
    unmeasured: 0,
    errors: 0,
  };
  readonly #alpha: number;
  readonly #tell: (event: OptimizationEvent) => void;
  readonly #rollbacks = new Map<string, number>();
  #figures: RollbackFigures | undefined;
  #state: Exclude<RolloutState, { kind: "ramping" }> | { readonly kind: "ramping" };
  #stage = 0;
  #stageMs = 0;
  /** Grows with each change of the share; outcomes of calls of an earlier one aren't compared. */
  #generation = 0;
  #guardrails: readonly WatchedGuardrail[] = [];
  #benefit: BenefitWatch | undefined;

  constructor(
    id: string,
    options: ResolvedOptimization,
    { alpha, seed }: Pick<ResolvedRollout, "alpha" | "seed">,
    random: Random,
    tell: (event: OptimizationEvent) => void,
  ) {
    this.id = id;
    this.options = options;
    this.switch = new ShareSwitch(id, seed, random);
    this.#alpha = alpha;
    this.#tell = tell;
    this.#state = { kind: "steady" };
    this.#begin();
  }

  get generation(): number {
    return this.#generation;
  }

  /** Percent that it is on for now. */
  get share(): number {
    return this.switch.isHeld ? 0 : this.switch.share;
  }

  get isOff(): boolean {
    return this.#state.kind === "stopped" || this.#state.kind === "rolled-back";
  }

  /** Why it is off; "" while it isn't. */
  get reason(): string {
    return "reason" in this.#state ? this.#state.reason : "";
  }

  get stateKind(): RolloutState["kind"] {
    return this.#state.kind;
  }

  get rollbacks(): ReadonlyMap<string, number> {
    return this.#rollbacks;
  }

  /** Of the last roll-back; `undefined` of one by a check of the user's own. */
  get rollbackFigures(): RollbackFigures | undefined {
    return this.#figures;
  }

  /** Evidence of a violation by guardrail, as far as they have any. */
  *evidence(): Iterable<readonly [name: string, evidence: number]> {
    for (const { name, evidence } of this.#guardrails) if (evidence !== undefined) yield [name, evidence];
  }

  /**
   * Takes what became of a call.
   * @param generation that the call began in
   * @param isCounted whether the tests may take it, or its key has counted just before
   * @param key a hash of 32 bits of whose call it was
   */
  observe(
    arm: RolloutArm,
    sample: RolloutSample,
    generation: number,
    isCounted: boolean,
    key: number | undefined,
  ): void {
    const record = this.arms[arm];
    if (sample.failed) record.failed++;
    else record.succeeded++;
    const { latencyMs, values } = sample;
    if (latencyMs !== undefined && measured(latencyMs) === undefined) this.counts.rejected++;
    else if (latencyMs !== undefined && !sample.failed) record.durations.record(latencyMs / 1000);
    for (const name in values) if (measured(values[name]) === undefined) this.counts.rejected++;
    if (this.isOff || this.switch.isHeld) return;
    if (generation !== this.#generation) this.counts.late++;
    else if (!isCounted) this.counts.repeated++;
    else this.#compare(arm, sample, key);
  }

  /**
   * Looks at all that isn't told by calls, and takes the next stage when it may.
   * @param elapsedMs ms that the process was running since the last tick
   */
  tick(elapsedMs: number): void {
    if (this.isOff || this.share === 0) return;
    this.#stageMs += elapsedMs;
    for (const guardrail of this.#guardrails) {
      const reason = guardrail.look(() => this.status());
      if (reason === undefined) continue;
      this.#rollBack(guardrail.name, { text: reason, figures: undefined });
      return;
    }
    this.#judge();
    if (this.#state.kind === "ramping" && this.#waitingFor() === undefined) this.#advance();
  }

  /** Sets the share by hand, and ends the ramp. */
  setShare(share: number): void {
    if (this.isOff) return;
    this.#state = { kind: "steady" };
    this.#tell({ kind: "share-set", ...this.#move(share) });
  }

  stop(reason: string): void {
    if (this.#state.kind === "rolled-back") return;
    this.#state = { kind: "stopped", reason };
    this.#tell({ kind: "stopped", reason, ...this.#move(0) });
  }

  /** Begins anew, with tests that know nothing of before. Does nothing unless it is off. */
  resume(): void {
    if (!this.isOff) return;
    this.#tell({ kind: "resumed", ...this.#begin() });
  }

  hold(isHeld: boolean, reason: string | undefined): void {
    if (this.switch.isHeld === isHeld) return;
    this.#tell({ kind: isHeld ? "killed" : "revived", reason, ...this.#move(this.switch.share, isHeld) });
  }

  status(): OptimizationStatus {
    const limit = this.#limit;
    return {
      id: this.id,
      state:
        this.#state.kind === "ramping"
          ? { kind: "ramping", stage: this.#stage, waitingFor: this.#waitingFor() ?? "the next look" }
          : this.#state,
      share: this.share,
      isKilled: this.switch.isHeld,
      arms: { on: this.arms.on.status(), off: this.arms.off.status() },
      guardrails: this.#guardrails.map(({ name, evidence, error }) => ({
        name,
        evidence,
        limit,
        error,
      })),
      gain: this.#benefit?.gain,
      rollbacks: Object.fromEntries(this.#rollbacks),
      counts: { ...this.counts },
    };
  }

  get #limit(): number {
    // One's own checks aren't tests, and take no part of alpha.
    return this.#guardrails.filter(({ evidence }) => evidence !== undefined).length / this.#alpha;
  }

  #begin(): EndedStage {
    const { ramp, share, guardrails, goal } = this.options;
    this.#guardrails = guardrails.map((guardrail) => watchOf(guardrail, () => this.counts.errors++));
    this.#benefit = goal && new BenefitWatch(goal, this.#alpha);
    this.arms.on.counted = this.arms.off.counted = 0;
    this.#stage = 0;
    this.#state = { kind: ramp.length === 0 ? "steady" : ramp.length === 1 ? "complete" : "ramping" };
    return this.#move(share);
  }

  #compare(arm: RolloutArm, sample: RolloutSample, key: number | undefined): void {
    const record = this.arms[arm];
    record.counted++;
    record.countedInStage++;
    let isNews = this.#benefit?.observe(arm, sample, this.switch.share, key) ?? false;
    for (const guardrail of this.#guardrails) if (guardrail.observe(arm, sample, key)) isNews = true;
    if (isNews) this.#judge();
  }

  #judge(): void {
    const limit = this.#limit;
    for (const guardrail of this.#guardrails) {
      const { evidence, name } = guardrail;
      if (evidence === undefined || evidence < limit) continue;
      this.#rollBack(name, guardrail.finding());
      return;
    }
    if (this.#benefit?.gain === "none") this.#rollBack("benefit", this.#benefit.finding());
  }

  #rollBack(guardrail: string, { text, figures }: Finding): void {
    this.#rollbacks.set(guardrail, (this.#rollbacks.get(guardrail) ?? 0) + 1);
    const reason = `${guardrail}: ${text}`;
    this.#state = { kind: "rolled-back", guardrail, reason, figures };
    this.#figures = figures;
    this.#tell({ kind: "rolled-back", guardrail, reason, figures, ...this.#move(0) });
  }

  #advance(): void {
    const { ramp } = this.options;
    this.#stage++;
    const isLast = this.#stage === ramp.length - 1;
    if (isLast) this.#state = { kind: "complete" };
    this.#tell({ kind: isLast ? "completed" : "advanced", ...this.#move(ramp[this.#stage]!) });
  }

  #move(share: number, isHeld = this.switch.isHeld): EndedStage {
    const { on, off } = this.arms;
    const ended = {
      shareBefore: this.share,
      compared: { on: on.countedInStage, off: off.countedInStage },
    };
    this.switch.share = share;
    this.switch.isHeld = isHeld;
    this.#generation++;
    this.#stageMs = 0;
    on.countedInStage = off.countedInStage = 0;
    for (const guardrail of this.#guardrails) guardrail.begin(share);
    this.#benefit?.begin(share);
    return ended;
  }

  #waitingFor(): string | undefined {
    const { ramp } = this.options;
    const { on, off } = this.arms;
    const progress = {
      share: this.switch.share,
      elapsedMs: this.#stageMs,
      on: on.countedInStage,
      off: off.countedInStage,
      suspicion: Math.max(0, ...this.#guardrails.map(({ suspicion }) => suspicion)),
      unevaluated: this.#guardrails.find(({ error }) => error !== undefined),
      gain: this.#benefit?.gain,
    };
    return waitingFor(progress, this.options, ramp[this.#stage + 1] ?? 100);
  }
}
