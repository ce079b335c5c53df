import { type CodePlace, placeOf } from "./code-place.ts";
import type { AllocationNode } from "./recorded-thread.ts";

/** What a function allocated, estimated from samples: also what is collected since. */
export interface AllocationSite {
  readonly place: CodePlace;
  readonly bytes: number;
}

/** Adds up allocations by the function that made them. */
export class AllocationSites {
  readonly #sites = new Map<string, { readonly place: CodePlace; bytes: number }>();

  /** @param head of a sampling allocation profile */
  add(head: AllocationNode): void {
    const stack = [head];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (const child of node.children) stack.push(child);
      if (node.selfSize === 0) continue;
      const place = placeOf(node.callFrame);
      const key = `${place.file}:${place.line}:${place.column}:${place.name}`;
      const site = this.#sites.get(key);
      if (site === undefined) this.#sites.set(key, { place, bytes: node.selfSize });
      else site.bytes += node.selfSize;
    }
  }

  /** The largest first. */
  all(): AllocationSite[] {
    return Array.from(this.#sites.values()).sort((a, b) => b.bytes - a.bytes);
  }
}
