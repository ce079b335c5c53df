/**
 * Names of what a tier keeps on the server. The value and the lease of a key share a slot of a cluster whatever the key holds:
 * the part that is hashed starts with `{k`, so it is never empty, and ends alike in both.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export class KeyNames {
  readonly namespace: string;
  readonly #value: string;
  readonly #tag: string;

  constructor(prefix: string, namespace: string) {
    const base = `${prefix}:${namespace}:`;
    this.namespace = `${base}n`;
    this.#value = `${base}{k`;
    this.#tag = `${base}t:`;
  }

  value(key: string): string {
    return `${this.#value}${wellFormed(key)}}v`;
  }
  lease(key: string): string {
    return `${this.#value}${wellFormed(key)}}l`;
  }
  /** @param tag well-formed */
  tag(tag: string): string {
    return this.#tag + tag;
  }
}

/** Lone surrogates have no UTF-8: two keys that differ in them would be one on the server. */
export function wellFormed(text: string): string {
  return text.isWellFormed() && !text.includes("\u0000")
    ? text
    : `\u0000${text.replace(/[\ud800-\udfff\0]/g, (sign) => `\u0000${sign.charCodeAt(0).toString(16)};`)}`;
}
