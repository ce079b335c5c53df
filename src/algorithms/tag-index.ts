/** Which slots have which tags. */
export class TagIndex {
  readonly #slots = new Map<string, Set<number>>();
  readonly #tags = new Map<number, readonly string[]>();

  /** @param tags without repeats */
  set(slot: number, tags: readonly string[]): void {
    this.remove(slot);
    if (tags.length === 0) return;
    this.#tags.set(slot, tags);
    for (const tag of tags) {
      const slots = this.#slots.get(tag);
      if (slots === undefined) this.#slots.set(tag, new Set([slot]));
      else slots.add(slot);
    }
  }

  remove(slot: number): void {
    const tags = this.#tags.get(slot);
    if (tags === undefined) return;
    this.#tags.delete(slot);
    for (const tag of tags) {
      const slots = this.#slots.get(tag)!;
      slots.delete(slot);
      if (slots.size === 0) this.#slots.delete(tag);
    }
  }

  tagsOf(slot: number): readonly string[] {
    return this.#tags.get(slot) ?? [];
  }

  /** @returns the slots that have `tag` now */
  slotsOf(tag: string): readonly number[] {
    return [...(this.#slots.get(tag) ?? [])];
  }
}
