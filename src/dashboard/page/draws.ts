/** What can be drawn; `node` says where. */
export interface Drawn {
  readonly node: HTMLElement;
  /** @param width of its content, pixels; asking the page itself would make it lay out everything at once */
  resized(width: number): void;
  draw(): void;
  rebuild(): void;
}

/** Drawing may take so much of a frame, ms; what is left waits for the next. */
const budgetMs = 8;

/** Draws what is in sight, a few charts a frame, so that the page never stands still for all of them. */
export class Draws {
  readonly #all = new Map<Element, Drawn>();
  readonly #inSight = new Set<Drawn>();
  readonly #waiting = new Set<Drawn>();
  readonly #observer: IntersectionObserver;
  readonly #resized: ResizeObserver;
  readonly #onSight: () => void;
  #frame = 0;

  /** @param onSight is told that something has come into sight */
  constructor(onSight: () => void) {
    this.#onSight = onSight;
    this.#observer = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "150px" });
    this.#resized = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        const drawn = this.#all.get(target);
        drawn?.resized(Math.floor(contentRect.width));
        this.#wait(drawn);
      }
    });
  }

  watch(drawn: Drawn): void {
    this.#all.set(drawn.node, drawn);
    this.#observer.observe(drawn.node);
    this.#resized.observe(drawn.node);
  }

  /** Gives up all that has left the page. */
  forgetRemoved(): void {
    for (const [node, drawn] of this.#all)
      if (!node.isConnected) {
        this.#observer.unobserve(node);
        this.#resized.unobserve(node);
        this.#all.delete(node);
        this.#inSight.delete(drawn);
        this.#waiting.delete(drawn);
      }
  }

  isInSight(drawn: Drawn): boolean {
    return this.#inSight.has(drawn);
  }

  /** All that is in sight is to be drawn again. */
  refresh(): void {
    for (const drawn of this.#inSight) this.#wait(drawn);
  }

  /** The same, from scratch. */
  rebuild(): void {
    for (const drawn of this.#inSight) drawn.rebuild();
  }

  #see(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const drawn = this.#all.get(target);
      if (drawn === undefined) continue;
      if (isIntersecting) {
        this.#inSight.add(drawn);
        this.#wait(drawn);
      } else this.#inSight.delete(drawn);
    }
    this.#onSight();
  }

  #wait(drawn: Drawn | undefined): void {
    if (drawn === undefined || !this.#inSight.has(drawn)) return;
    this.#waiting.add(drawn);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const until = performance.now() + budgetMs;
    for (const drawn of this.#waiting) {
      this.#waiting.delete(drawn);
      drawn.draw();
      if (performance.now() > until) break;
    }
    if (this.#waiting.size > 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }
}
