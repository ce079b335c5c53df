/**
 * Says whether something on the server has stayed as it was since it was asked for. The server tells of our own writes as well
 * (with `NOLOOP` it would keep silent about what it evicts to make room for them), once for each write of something that
 * it tells us of. So words that come between a write and its settlement are counted: until then nobody vouches, and
 * afterwards only if there were as many as writes.
 */
export class Notice {
  isAlive = true;
  #isEnded = false;
  #open = 0;
  #written = 0;
  #told = 0;

  /** We are about to write it ourselves, by a script that reads it first and last. */
  beginWrite(): void {
    this.#open++;
  }

  /**
   * A write was answered, and so was something that was asked after it.
   * @param hasWritten `undefined` when nobody knows
   * @returns whether it is still vouched for, or may be
   */
  settleWrite(hasWritten: boolean | undefined): boolean {
    if (hasWritten === undefined) this.#isEnded = true;
    else if (hasWritten) this.#written++;
    if (--this.#open === 0) {
      if (this.#told !== this.#written) this.#isEnded = true;
      this.#told = 0;
      this.#written = 0;
    }
    this.isAlive = !this.#isEnded && this.#told === 0;
    return !this.#isEnded;
  }

  /** The server told of a change. @returns whether that can be none of ours, and ends it */
  told(): boolean {
    this.isAlive = false;
    if (this.#open === 0) return true;
    this.#told++;
    return false;
  }

  end(): void {
    this.isAlive = false;
    this.#isEnded = true;
  }
}
