/** Whoever waits, as the model sees it. */
export interface ModelWaiter {
  readonly id: number;
  readonly partition: string;
  readonly weight: number;
  readonly priority: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whose deadline is later than `queueDelayMs` allows. */
  readonly isCutByDelay: boolean;
  readonly signal: number | undefined;
}

export interface ModelOptions {
  readonly limit: number;
  readonly maxConcurrent: number;
  readonly queueLimit: number;
  readonly queueDelayMs: number;
  readonly agingMs: number;
  /** The rest, "", among them. */
  readonly shares: Readonly<Record<string, number>>;
}

interface ModelPermit {
  readonly weight: number;
  readonly partition: string;
  /** Given when most of the time was over. */
  readonly isLate: boolean;
}

interface Tenant {
  readonly share: number;
  inFlight: number;
  turnAt: number;
  isOverloaded: boolean;
  wasPatient: boolean;
}

/** What a semaphore promises, by lists that are searched and sorted each time. */
export class SemaphoreModel {
  readonly #options: ModelOptions;
  readonly tenants: Map<string, Tenant>;
  waiting: ModelWaiter[] = [];
  /** The permits that are out, by id. */
  readonly held = new Map<number, ModelPermit>();
  limit: number;
  #turn = 0;
  /** Since the last look. */
  granted: number[] = [];
  refused: string[] = [];

  constructor(options: ModelOptions) {
    this.#options = options;
    this.limit = options.limit;
    this.tenants = new Map(
      Object.entries(options.shares).map(([name, share]) => [
        name,
        { share, inFlight: 0, turnAt: 0, isOverloaded: false, wasPatient: false },
      ]),
    );
  }

  get inFlight(): number {
    return Array.from(this.held.values()).reduce((sum, { weight }) => sum + weight, 0);
  }

  /** @returns whether the next in turn would fit, which must never stay so */
  isSomebodyKeptWaiting(): boolean {
    const next = this.#next();
    return next !== undefined && this.#fits(next.weight);
  }

  acquire(asked: Omit<ModelWaiter, "untilMs" | "isCutByDelay">, deadlineMs: number): void {
    const { partition, weight, sinceMs } = asked;
    if (deadlineMs <= sinceMs) {
      this.#refuse(asked.id, "deadline");
      return;
    }
    if (this.waiting.length === 0 && this.#fits(weight)) {
      this.#grant(asked, false);
      return;
    }
    const { queueDelayMs, queueLimit } = this.#options;
    const untilMs = Math.min(deadlineMs, sinceMs + queueDelayMs);
    const waiter = { ...asked, untilMs, isCutByDelay: deadlineMs >= sinceMs + queueDelayMs };
    const tenant = this.tenants.get(partition)!;
    const mates = this.waiting.filter((each) => each.partition === partition);
    if (mates.length >= queueLimit) {
      const stale = mates
        .filter(
          (each) => each.untilMs < Number.POSITIVE_INFINITY && this.#newness(each) <= this.#newness(waiter),
        )
        .sort((a, b) => this.#newness(a) - this.#newness(b) || a.priority - b.priority || a.id - b.id)[0];
      if (!tenant.isOverloaded || untilMs === Number.POSITIVE_INFINITY || stale === undefined) {
        this.#refuse(asked.id, "queue-full");
        return;
      }
      this.leave(stale, "queue-full");
    }
    if (!this.waiting.some((each) => each.partition === partition))
      tenant.turnAt = Math.max(tenant.turnAt, this.#turn);
    this.waiting.push(waiter);
    this.serve(sinceMs);
  }

  tryAcquire(id: number, weight: number, partition: string): boolean {
    if (this.waiting.length > 0 || !this.#fits(weight)) return false;
    this.held.set(id, { weight, partition, isLate: false });
    this.tenants.get(partition)!.inFlight += weight;
    return true;
  }

  release(id: number, nowMs: number, dropped: boolean): void {
    const { weight, partition, isLate } = this.held.get(id)!;
    this.held.delete(id);
    const tenant = this.tenants.get(partition)!;
    tenant.inFlight -= weight;
    if (dropped && isLate && this.waiting.some((each) => each.partition === partition))
      tenant.isOverloaded = true;
    this.serve(nowMs);
  }

  abort(signal: number, nowMs: number): void {
    const leaving = this.waiting.filter((each) => each.signal === signal);
    for (const waiter of leaving) this.leave(waiter, "aborted");
    if (leaving.length > 0) this.serve(nowMs);
  }

  setLimit(limit: number, nowMs: number): void {
    this.limit = Math.min(limit, this.#options.maxConcurrent);
    this.serve(nowMs);
  }

  /** All timers until then fire in time, or at once when they are late. */
  pass(fromMs: number, untilMs: number): void {
    for (let nowMs = fromMs; nowMs <= untilMs; nowMs++)
      if (this.waiting.some((each) => each.untilMs <= nowMs)) this.serve(nowMs);
  }

  serve(nowMs: number): void {
    if (this.waiting.length === 0) return;
    for (const waiter of this.waiting.filter((each) => each.untilMs <= nowMs)) {
      this.tenants.get(waiter.partition)!.isOverloaded = true;
      this.leave(waiter, waiter.isCutByDelay ? "queue-delay" : "deadline");
    }
    for (let next = this.#next(); next !== undefined && this.#fits(next.weight); next = this.#next()) {
      const tenant = this.tenants.get(next.partition)!;
      tenant.wasPatient = next.untilMs === Number.POSITIVE_INFINITY;
      this.#remove(next);
      this.#turn = Math.max(this.#turn, tenant.turnAt);
      tenant.turnAt += next.weight / tenant.share;
      this.#grant(next, nowMs - next.sinceMs > next.untilMs - nowMs);
    }
  }

  leave(waiter: ModelWaiter, reason: string): void {
    this.#remove(waiter);
    this.#refuse(waiter.id, reason);
  }

  #remove(waiter: ModelWaiter): void {
    this.waiting = this.waiting.filter((each) => each !== waiter);
    if (this.waiting.some((each) => each.partition === waiter.partition)) return;
    const tenant = this.tenants.get(waiter.partition)!;
    tenant.isOverloaded = false;
    tenant.wasPatient = false;
  }

  #fits(weight: number): boolean {
    return this.inFlight === 0 || this.inFlight + weight <= this.limit;
  }

  #grant({ id, weight, partition }: Pick<ModelWaiter, "id" | "weight" | "partition">, isLate: boolean): void {
    this.held.set(id, { weight, partition, isLate });
    this.tenants.get(partition)!.inFlight += weight;
    this.granted.push(id);
  }

  #refuse(id: number, reason: string): void {
    this.refused.push(`${id} ${reason}`);
  }

  #newness({ sinceMs, priority }: Pick<ModelWaiter, "sinceMs" | "priority">): number {
    return sinceMs + priority * this.#options.agingMs;
  }

  #next(): ModelWaiter | undefined {
    const isOwed = ({ inFlight, share }: Tenant): number =>
      inFlight < Math.max(1, Math.floor(share * this.limit)) ? 0 : 1;
    const candidates = Array.from(this.tenants)
      .filter(([name]) => this.waiting.some((each) => each.partition === name))
      .sort(([, a], [, b]) => isOwed(a) - isOwed(b) || a.turnAt - b.turnAt);
    if (candidates.length === 0) return undefined;
    const [name, tenant] = candidates[0]!;
    const mates = this.waiting.filter((each) => each.partition === name);
    const { agingMs } = this.#options;
    const rank = ({ sinceMs, priority }: ModelWaiter): number => sinceMs - priority * agingMs;
    const inTurn = (a: ModelWaiter, b: ModelWaiter): number =>
      rank(a) - rank(b) || b.priority - a.priority || a.id - b.id;
    if (!tenant.isOverloaded) return mates.sort(inTurn)[0];
    const patient = mates.filter((each) => each.untilMs === Number.POSITIVE_INFINITY).sort(inTurn)[0];
    const hurried = mates
      .filter((each) => each.untilMs < Number.POSITIVE_INFINITY)
      .sort((a, b) => this.#newness(b) - this.#newness(a) || b.priority - a.priority || b.id - a.id)[0];
    return tenant.wasPatient ? (hurried ?? patient) : (patient ?? hurried);
  }
}
