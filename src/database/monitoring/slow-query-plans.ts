import type { Operation } from "../driver.ts";
import type { Engine } from "../engine.ts";
import type { Statement } from "../statements.ts";
import type { QueryMetrics } from "./query-metrics.ts";

/** Fingerprints whose plan was asked for; beyond it none is asked for any more. */
const maxPlans = 100;

/** Fetches the plans of slow statements in the background: each fingerprint once, one at a time. */
export class SlowQueryPlans {
  readonly #asked = new Set<string>();
  readonly #engine: Engine;
  readonly #metrics: QueryMetrics;
  readonly #operation: () => Operation;
  #last: Promise<void> = Promise.resolve();

  constructor(engine: Engine, metrics: QueryMetrics, operation: () => Operation) {
    this.#engine = engine;
    this.#metrics = metrics;
    this.#operation = operation;
  }

  /** @param params of the execution that was slow */
  fetch({ fingerprint, text }: Statement, params: readonly unknown[]): void {
    if (this.#asked.has(fingerprint) || this.#asked.size >= maxPlans) return;
    this.#asked.add(fingerprint);
    const values = this.#engine.explainsWithParameters ? params : [];
    this.#last = this.#last.then(() =>
      this.#engine.explain(text, values, this.#operation()).then(
        (plan) => this.#metrics.attachPlan(fingerprint, plan),
        // A plan is a courtesy: its absence is said where it would have stood.
        (error: unknown) => this.#metrics.attachPlan(fingerprint, `no plan: ${String(error)}`),
      ),
    );
  }

  /** Resolves when nothing is being fetched. */
  idle(): Promise<void> {
    return this.#last;
  }
}
