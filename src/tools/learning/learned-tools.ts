/** As many uses as a tool is thought to have had before its first, with terms as all tools' together. */
export const priorUses = 100;
/** After so many uses a tool is bound by `maxLead` to a half. */
const halfBound = 1;

/** The tools that there is evidence of, numbered 0, 1, …, and what follows from how much there is. */
export class LearnedTools {
  readonly names: string[] = [];
  /** Uses that succeeded, less a quarter of those that failed. */
  uses: Float64Array = new Float64Array(64);
  /** What it says against a tool that a term never came with it, in nats, ≤ 0. */
  absent: Float64Array = new Float64Array(64);
  /** How far `maxLead` binds, 0 to 1. */
  bound: Float64Array = new Float64Array(64);
  /** Grows whenever numbers change or there are more. */
  version = 0;
  /** Of all tools together. */
  total = 0;
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.names.length;
  }

  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** @returns the number of a tool that may be new */
  number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.names.push(name);
    this.#numbers.set(name, number);
    if (number === this.uses.length) this.#grow();
    this.uses[number] = 0;
    this.#derive(number);
    this.version++;
    return number;
  }

  add(number: number, by: number): void {
    this.uses[number]! += by;
    this.total += by;
    this.#derive(number);
  }

  /**
   * Keeps some and numbers them anew.
   * @param factor what their uses are multiplied by
   * @returns the new number of each, -1 for those that are gone
   */
  keep(keeps: (number: number) => boolean, factor = 1): Int32Array {
    const names = this.names.slice();
    const uses = this.uses.slice(0, names.length);
    this.names.length = 0;
    this.#numbers.clear();
    this.total = 0;
    this.version++;
    return Int32Array.from(names, (name, number) => {
      if (!keeps(number)) return -1;
      const now = this.number(name);
      this.add(now, uses[number]! * factor);
      return now;
    });
  }

  #derive(number: number): void {
    const uses = this.uses[number]!;
    this.absent[number] = uses > 0 ? Math.log(priorUses / (uses + priorUses)) : 0;
    this.bound[number] = Math.abs(uses) / (Math.abs(uses) + halfBound);
  }

  #grow(): void {
    const longer = (from: Float64Array): Float64Array => {
      const to = new Float64Array(2 * from.length);
      to.set(from);
      return to;
    };
    this.uses = longer(this.uses);
    this.absent = longer(this.absent);
    this.bound = longer(this.bound);
  }
}
