import { createHash } from "node:crypto";
import type { ServerAddress } from "./memcached-options.ts";

/** An item on one of the servers. */
export interface ItemName {
  readonly text: string;
  /** Index of its server. */
  readonly server: number;
}

/** The items of one key; all on one server, which does what it is sent in order. */
export interface KeyNames {
  readonly generation: ItemName;
  readonly value: ItemName;
  readonly lease: ItemName;
}

/** Memcached's limit, in bytes. */
const longestName = 250;
/** What all of its tools can show; no blanks, no control characters. */
const plain = /^[!-~]*$/;

/**
 * Gives each part of a namespace its item, and each item its server. Other namespaces, and other lists of servers, have
 * other names.
 */
export class ItemNames {
  readonly namespace: ItemName;
  readonly #servers: number;
  readonly #prefix: string;

  constructor(namespace: string, servers: readonly ServerAddress[]) {
    this.#servers = servers.length;
    const list = servers.map(({ host, port }) => `${host} ${port}`);
    this.#prefix = `vc1:${digest(JSON.stringify([namespace, list])).slice(0, 16)}:`;
    this.namespace = { text: `${this.#prefix}n`, server: this.#serverOf("") };
  }

  key(key: string): KeyNames {
    const server = this.#serverOf(key);
    const end = this.#ending(key);
    return {
      generation: { text: `${this.#prefix}g${end}`, server },
      value: { text: `${this.#prefix}v${end}`, server },
      lease: { text: `${this.#prefix}l${end}`, server },
    };
  }

  tag(tag: string): ItemName {
    return { text: `${this.#prefix}t${this.#ending(tag)}`, server: this.#serverOf(tag) };
  }

  #ending(text: string): string {
    const fits = text.length + this.#prefix.length + 2 <= longestName && plain.test(text);
    return fits ? `:${text}` : `#${digest(text)}`;
  }

  /** The same in every process: FNV-1a over the UTF-16 units. */
  #serverOf(text: string): number {
    if (this.#servers === 1) return 0;
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return (hash >>> 0) % this.#servers;
  }
}

/** By UTF-16 units, since texts that differ in lone surrogates alone are the same in UTF-8. */
const digest = (text: string): string =>
  createHash("sha256").update(Buffer.from(text, "utf16le")).digest("base64url");
