import { type Family, familyOf, seriesKey, takenNames } from "./family.ts";
import type { Labels, MetricSample } from "./metric.ts";

/** A sample, and what its reader made of it. */
export interface Collected<T> {
  readonly family: Family;
  readonly sample: MetricSample;
  readonly made: T;
}

interface Gathered<T> {
  readonly family: Family;
  readonly collected: Collected<T>[];
  /** Of the series that there are; made when first asked for. */
  readonly keys: () => Set<string>;
}

/** What sources gave, by family, without what clashes with something before it or with the registry's own. */
export class Collection<T> {
  /** Every name that the output may have, to the family that has it. */
  readonly #owners = new Map<string, Gathered<T>>();
  readonly #gathered = new Set<Gathered<T>>();
  readonly #families = new Map<string, Family>();

  /** @param series labels of all series of a metric of the registry's own */
  claim(family: Family, series: () => Iterable<Labels>): void {
    let known: Set<string> | undefined;
    // Most of the time nobody else speaks of the registry's own metrics, and a key for each series is dear.
    const keys = (): Set<string> => {
      known ??= new Set(Array.from(series(), (labels) => seriesKey("", labels)));
      return known;
    };
    this.#enter({ family, collected: [], keys });
  }

  familyOf({ type, name, unit }: MetricSample): Family {
    const key = `${type} ${unit ?? ""} ${name}`;
    let family = this.#families.get(key);
    if (family === undefined) {
      family = familyOf(type, name, unit);
      this.#families.set(key, family);
    }
    return family;
  }

  /** @returns false when it clashes with one before it */
  add(collected: Collected<T>): boolean {
    const { family, sample } = collected;
    const names = takenNames(family);
    const mine = this.#owners.get(family.name);
    const isOf = (owner: Gathered<T> | undefined): boolean =>
      owner === undefined || (owner.family.type === family.type && owner.family.name === family.name);
    if (!names.every((name) => isOf(this.#owners.get(name)))) return false;
    const key = seriesKey("", sample.labels);
    if (mine === undefined) {
      const keys = new Set([key]);
      this.#enter({ family, collected: [collected], keys: () => keys });
      return true;
    }
    if (mine.keys().has(key)) return false;
    mine.keys().add(key);
    mine.collected.push(collected);
    return true;
  }

  /** All of a family that were added, for once. */
  *take(family: Family): Iterable<Collected<T>> {
    const gathered = this.#owners.get(family.name);
    if (gathered && this.#gathered.delete(gathered)) yield* gathered.collected;
  }

  /** All that nobody has taken, family by family. */
  *rest(): Iterable<Collected<T>> {
    for (const { collected } of this.#gathered) yield* collected;
  }

  #enter(gathered: Gathered<T>): void {
    this.#gathered.add(gathered);
    for (const name of takenNames(gathered.family)) this.#owners.set(name, gathered);
  }
}
