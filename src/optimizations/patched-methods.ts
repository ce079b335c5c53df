import { PatchedMethod } from "./patched-method.ts";
import type { StepReport } from "./step.ts";

type Make = ConstructorParameters<typeof PatchedMethod>[2];

/** What one step has replaced in the copies of a package that were loaded so far. */
export class PatchedMethods {
  readonly #patches: PatchedMethod[] = [];
  readonly #changes = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #onChange: () => void;
  #isUndone = false;

  /** @param onChange called when what `describe` says has become another */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * Replaces all or nothing.
   * @param title of `owner`, for people
   * @returns false when one can't be replaced: another version of the package, or an object that was frozen
   */
  replace(title: string, owner: object, methods: Readonly<Record<string, Make>>): boolean {
    if (this.#isUndone) return false;
    const done: PatchedMethod[] = [];
    try {
      for (const [key, make] of Object.entries(methods)) done.push(new PatchedMethod(owner, key, make));
    } catch (error) {
      for (const patch of done.reverse()) patch.undo();
      this.#refused.add(`${title}: ${(error as Error).message}`);
      this.#onChange();
      return false;
    }
    this.#patches.push(...done);
    const known = this.#changes.size;
    for (const key of Object.keys(methods)) this.#changes.add(`${title}.${key}`);
    if (this.#changes.size > known) this.#onChange();
    return true;
  }

  /** @param what it does with the package once there is a copy of it */
  describe(what: string): StepReport {
    if (this.#changes.size > 0) return { state: "applied", reason: what, changes: [...this.#changes] };
    if (this.#refused.size > 0)
      return {
        state: "left-alone",
        reason: `not as expected: ${[...this.#refused].join("; ")}`,
        changes: [],
      };
    return { state: "waiting", reason: "waits for the program to load it", changes: [] };
  }

  undo(): void {
    this.#isUndone = true;
    for (const patch of this.#patches.reverse()) patch.undo();
    this.#patches.length = 0;
    this.#changes.clear();
  }
}
