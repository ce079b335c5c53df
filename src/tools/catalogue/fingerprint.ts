import { hash } from "node:crypto";
import type { Tool } from "../tool.ts";

const modulus = 1n << 128n;

/** @param schema canonical JSON of the tool's schema @returns 128 bits of SHA-256 over all that selection depends on */
export function digestOf(tool: Tool, schema: string): bigint {
  const parts: unknown[] = [
    tool.name,
    tool.description ?? "",
    tool.server ?? "",
    tool.pinned === true,
    schema,
  ];
  // Only where there is one, so that what was saved before titles counted is still of the same tools.
  if (tool.title) parts.push(tool.title);
  return BigInt(`0x${hash("sha256", JSON.stringify(parts), "hex").slice(0, 32)}`);
}

/**
 * A sum of digests: tools come and go without a look at the others, and their order doesn't matter. Good against accidents, not
 * against someone who builds tools so that sums agree.
 */
export class FingerprintSum {
  #sum = 0n;

  add(digest: bigint): void {
    this.#sum = (this.#sum + digest) % modulus;
  }

  subtract(digest: bigint): void {
    this.#sum = (this.#sum - digest + modulus) % modulus;
  }

  /** @returns 32 hexadecimal digits */
  toString(): string {
    return this.#sum.toString(16).padStart(32, "0");
  }
}
