import { AppliedOptimizations } from "./applied-optimizations.ts";
import { type OptimizationsOptions, resolveOptimizations } from "./options.ts";
import type { StepRisk } from "./step.ts";
import { allSteps } from "./steps/index.ts";

/** Another copy of this package finds the same; the number changes when their handles wouldn't understand each other. */
const place = Symbol.for("victor-optimizations.applied.1");
type Place = { [place]?: AppliedOptimizations };

/** Ids, titles and risks of all steps, in the order in which they are applied. */
export const optimizationSteps: readonly {
  readonly id: string;
  readonly title: string;
  readonly risk: StepRisk;
}[] = Object.freeze(allSteps.map(({ id, title, risk }) => Object.freeze({ id, title, risk })));

/**
 * Switches on what makes a program faster or measurable without changing its results, in this thread, and returns the
 * handle of it. Call it first in a program, or start Node with `--import victor-optimizations/auto`.
 *
 * Applying twice is one application: another call, of this copy of the package or another, returns the same handle, its
 * options change nothing (`status().ignoredOptions` names them), and one `close()` ends it for all. After that it may be
 * applied anew.
 * @throws {TypeError | RangeError} naming the wrong option and what is right; nothing is changed then
 */
export function applyAllOptimizations(options: OptimizationsOptions = {}): AppliedOptimizations {
  return apply(options, false);
}

/** The same, where nothing of the program is loaded yet. @internal */
export function applyBeforeProgram(options: OptimizationsOptions): AppliedOptimizations {
  return apply(options, true);
}

function apply(options: OptimizationsOptions, isBeforeProgram: boolean): AppliedOptimizations {
  const settings = resolveOptimizations(options, allSteps);
  const holder = globalThis as Place;
  const known = holder[place];
  if (known !== undefined) {
    known.ignore(Object.keys(options));
    return known;
  }
  const handle = new AppliedOptimizations(settings, allSteps, isBeforeProgram, () => {
    delete holder[place];
  });
  Object.defineProperty(holder, place, { value: handle, configurable: true });
  return handle;
}
