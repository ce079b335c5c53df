import type { TruthCheck } from "../algorithms/truth-check.ts";
import type { MetricSource } from "../metrics/metric.ts";
import { knownKeys, optionsObject, reject } from "../options.ts";
import type { Guardrail, StalenessSource } from "../rollout/guardrail.ts";
import { Rollout } from "../rollout/rollout.ts";
import type { RolloutCall } from "../rollout/rollout-call.ts";
import { eventText, type RolloutEvent } from "../rollout/rollout-event.ts";
import {
  type OptimizationOptions,
  type RolloutOptions,
  resolveRolloutOptions,
} from "../rollout/rollout-options.ts";
import type { OptimizationStatus } from "../rollout/rollout-status.ts";
import { TruthSampler } from "../rollout/truth-sampler.ts";
import { ownClock } from "./own-time.ts";
import {
  type RolledOutStep,
  rolledOutSteps,
  type StepOptions,
  type StepRolloutOptions,
} from "./rolled-out-steps.ts";
import type { StepReport } from "./step.ts";

/** The last share leaves some calls without, so that there is something to compare with for good. */
const ramp = Object.freeze([1, 5, 25, 50, 95]);

/** Of half of the calls a cache has nearly as many hits as of all; of a hundredth it has hardly any. */
const quicker = Object.freeze({ minGain: 0.05, minShare: 50 });

/** What a step is judged by, and what it is for, where its options don't say. */
const judgedBy: Readonly<Record<RolledOutStep, Pick<StepOptions, "guardrails" | "benefit">>> = {
  "dns-cache": { guardrails: [{ kind: "latency" }, { kind: "errors" }], benefit: quicker },
  "response-cache": {
    guardrails: [{ kind: "latency" }, { kind: "errors" }, { kind: "staleness" }],
    benefit: quicker,
  },
  retries: {
    guardrails: [{ kind: "latency", includeFailed: true }, { kind: "errors" }],
    benefit: { of: "errors", minGain: 0.2 },
  },
};

/** What to do about a step that is off: where the program has no line of code for it, only its settings can. */
const stepAdvice = (id: string): string =>
  `It stays off until a restart of the program or applyAllOptimizations().rollout.resume(${JSON.stringify(id)}); the setting {"rollout":{"optimizations":{${JSON.stringify(id)}:false}}} has it on for all calls, unjudged.`;

/** A ramp may be resumed again and again; who reads the log has understood by then. */
const mostToldStages = 100;

const nothingChecked: StalenessSource = Object.freeze({ checked: 0, stale: 0 });

/** Switches steps call by call, and rolls back what does harm. Loaded only where that is asked for. */
export class StepRollout {
  /** `undefined` where none of its steps is asked for. */
  readonly rollout: Rollout | undefined;
  /** Checks hits of the response cache. */
  readonly truth: TruthCheck | undefined;
  readonly sources: readonly MetricSource[];
  readonly #own: readonly Disposable[];
  /** Ids that the program itself has given. */
  readonly #named: ReadonlySet<string>;
  #toldStages = 0;

  /**
   * @param given checked by {@link checkStepRollout}
   * @param truth of the program's own
   * @param wanted ids of the steps asked for
   * @param changed called when a step of its own was given to another share, or switched off
   */
  constructor(
    given: StepRolloutOptions,
    truth: TruthCheck | undefined,
    wanted: ReadonlySet<string>,
    changed: () => void = () => undefined,
  ) {
    this.#named = new Set(isRollout(given) ? given.ids : Object.keys(given.optimizations ?? {}));
    if (isRollout(given)) {
      this.rollout = given;
      this.truth = truth;
      this.sources = [given];
      this.#own = [];
      return;
    }
    const ids = idsOf(given).filter((id) => wanted.has(id));
    const sampler =
      truth === undefined && ids.includes("response-cache")
        ? new TruthSampler({ name: "response-cache", clock: given.clock ?? ownClock })
        : undefined;
    this.truth = truth ?? sampler;
    const options = completed(given, ids, sourceOf(this.truth));
    const onEvent: RolloutOptions["onEvent"] = (event) => {
      changed();
      if (options.log === undefined) this.#tellStage(event);
      options.onEvent?.(event);
    };
    const own = ids.length === 0 ? [] : [new Rollout({ ...options, onEvent }, stepAdvice)];
    this.rollout = own[0];
    this.#own = sampler === undefined ? own : [...own, sampler];
    this.sources = sampler === undefined ? own : [...own, sampler];
  }

  /** @returns begins a call of the step; `undefined` when it isn't rolled out, and so is on for all */
  callsOf(stepId: string): (() => RolloutCall) | undefined {
    const { rollout } = this;
    // By chance at each call, and not by host: those are few, and unlike each other.
    return rollout?.ids.includes(stepId) ? () => rollout.begin(stepId) : undefined;
  }

  status(stepId: string): OptimizationStatus | undefined {
    return this.rollout?.ids.includes(stepId) ? this.rollout.status(stepId) : undefined;
  }

  /** @returns what a step says of itself, and what its rollout has to say to that */
  reportOf(stepId: string, report: StepReport): StepReport {
    if (!(rolledOutSteps as readonly string[]).includes(stepId)) return report;
    const state = this.status(stepId)?.state;
    if (report.state === "off" && this.#named.has(stepId))
      return { ...report, reason: `${report.reason}, so that its rollout has nothing to switch` };
    if (report.state !== "applied") return report;
    if (state === undefined) return { ...report, reason: `${report.reason}; on for all, not rolled out` };
    if (!("reason" in state)) return report;
    return {
      ...report,
      state: "off",
      reason: `switched off by its rollout: ${state.reason}. ${stepAdvice(stepId)}`,
    };
  }

  /** Of roll-backs, the rollout warns by itself. */
  #tellStage(event: RolloutEvent): void {
    if ((event.kind !== "advanced" && event.kind !== "completed") || this.#toldStages >= mostToldStages)
      return;
    this.#toldStages++;
    process.emitWarning(eventText(event), { type: "RolloutWarning", code: "VICTOR_ROLLOUT_STAGE" });
  }

  /** Ends what is its own; a `Rollout` that was given goes on. */
  close(): void {
    for (const own of this.#own) own[Symbol.dispose]();
  }
}

/** @throws {TypeError | RangeError} naming what is wrong and what is right */
export function checkStepRollout(given: StepRolloutOptions, truth: TruthCheck | undefined): void {
  optionsObject("rollout", given);
  if (isRollout(given)) {
    if (!rolledOutSteps.some((id) => given.ids.includes(id)))
      reject("rollout", `a Rollout of ${known}`, given.ids.join(", "));
    return;
  }
  const { optimizations = {} } = given;
  knownKeys("rollout", given, [
    "optimizations",
    "alpha",
    "seed",
    "randomSeed",
    "checkMs",
    "onEvent",
    "log",
    "clock",
  ]);
  optionsObject("rollout.optimizations", optimizations);
  for (const id of Object.keys(optimizations))
    if (!(rolledOutSteps as readonly string[]).includes(id)) reject("rollout.optimizations", known, id);
  const ids = idsOf(given);
  // With `false` for each there is nothing to switch, and the rest is checked all the same.
  const checked = ids.length === 0 ? rolledOutSteps : ids;
  resolveRolloutOptions(completed(given, checked, sourceOf(truth)), "rollout.");
}

const known = `one of ${rolledOutSteps.map((id) => JSON.stringify(id)).join(", ")}`;

const isRollout = (given: StepRolloutOptions): given is Rollout =>
  typeof (given as Partial<Rollout>).begin === "function";

const idsOf = ({ optimizations }: Exclude<StepRolloutOptions, Rollout>): readonly RolledOutStep[] =>
  rolledOutSteps.filter((id) => optimizations?.[id] !== false);

const sourceOf = (truth: TruthCheck | undefined): StalenessSource =>
  typeof (truth as Partial<StalenessSource> | undefined)?.checked === "number"
    ? (truth as unknown as StalenessSource)
    : nothingChecked;

function completed(
  given: Exclude<StepRolloutOptions, Rollout>,
  ids: readonly RolledOutStep[],
  source: StalenessSource,
): RolloutOptions {
  const optionsOf = (id: RolledOutStep): OptimizationOptions => {
    const { [id]: own = {} } = given.optimizations ?? {};
    const options = own === false ? {} : own;
    optionsObject(`rollout.optimizations.${id}`, options);
    const { guardrails = judgedBy[id].guardrails, benefit = judgedBy[id].benefit } = options;
    return {
      ...(options.share === undefined ? { ramp } : {}),
      ...options,
      benefit: benefit === false ? undefined : benefit,
      guardrails: Array.isArray(guardrails)
        ? guardrails.map((each) => (each?.kind === "staleness" ? { source, ...each } : each) as Guardrail)
        : (guardrails as never),
    };
  };
  return {
    clock: ownClock,
    ...given,
    optimizations: Object.fromEntries(ids.map((id) => [id, optionsOf(id)])),
  };
}
