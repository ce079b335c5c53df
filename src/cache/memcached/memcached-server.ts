import type { TimerHandle } from "../../clock.ts";
import { SharedTierError, type SharedTierFault } from "../../errors.ts";
import { type Command, faultOf, statuses } from "./memcached-command.ts";
import { MemcachedLink } from "./memcached-link.ts";
import type { MemcachedSettings, ServerAddress } from "./memcached-options.ts";
import type { MemjsModule, MemjsResponse } from "./memjs-module.ts";

/** An item as it lies on a server. */
export interface Item {
  readonly value: Buffer;
  /** Which of the contents that the item had. */
  readonly cas: Buffer;
}

interface Asked {
  readonly command: Command;
  readonly deadlineMs: number;
  readonly resolve: (response: MemjsResponse) => void;
  readonly reject: (error: Error) => void;
}

const nothing = Buffer.alloc(0);
const firstPauseMs = 50;

/**
 * One of the servers: keeps a connection, makes it anew when it breaks, sends what is asked within one tick in one write, and
 * rejects what isn't answered in time. Its answers come in order, so that one that is late tells that the rest are as well.
 */
export class MemcachedServer {
  /** Counts, for whoever collects them. */
  readonly failures = new Map<SharedTierFault, number>();
  commands = 0;
  connections = 0;
  readonly #address: ServerAddress;
  readonly #settings: MemcachedSettings;
  readonly #dropped: () => void;
  #memjs: MemjsModule | undefined;
  #link: MemcachedLink | undefined;
  #linkDeadlineMs = 0;
  #fault: SharedTierError | undefined;
  #isUp = false;
  #isClosed = false;
  #waiting: Asked[] = [];
  readonly #sent = new Set<Asked>();
  #isFlushQueued = false;
  #timer: TimerHandle | undefined;
  #reconnect: TimerHandle | undefined;
  #pauseMs = firstPauseMs;

  /** @param dropped is told when a connection breaks, so that what was told by it isn't vouched for any longer */
  constructor(address: ServerAddress, settings: MemcachedSettings, dropped: () => void) {
    this.#dropped = dropped;
    this.#address = address;
    this.#settings = settings;
  }

  /** It has answered, and the connection hasn't been seen to break since. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Connects, and stays connected. */
  open(memjs: MemjsModule): void {
    this.#memjs = memjs;
    this.#connect();
  }

  /** Nothing can be asked any more, for a reason that won't go by itself. */
  giveUp(fault: SharedTierError): void {
    this.#isClosed = true;
    this.#drop(fault);
    this.#settings.clock.clearTimeout(this.#reconnect);
  }

  async get(name: string): Promise<Item | undefined> {
    const { header, val } = await this.#ask("get", name);
    return header.status === statuses.ok ? { value: val, cas: header.cas } : undefined;
  }

  /** @returns `false` when `cas` isn't that of the item any more, or there is none */
  async set(name: string, value: Uint8Array, seconds: number, cas?: Buffer): Promise<boolean> {
    return (await this.#ask("set", name, value, seconds, cas)).header.status === statuses.ok;
  }

  /** @returns `false` when there is such an item already */
  async add(name: string, value: Uint8Array, seconds: number): Promise<boolean> {
    return (await this.#ask("add", name, value, seconds)).header.status === statuses.ok;
  }

  /** @returns `false` when `cas` isn't that of the item any more, or there is none */
  async delete(name: string, cas?: Buffer): Promise<boolean> {
    return (await this.#ask("delete", name, nothing, 0, cas)).header.status === statuses.ok;
  }

  #ask(
    opcode: Command["opcode"],
    name: string,
    value: Uint8Array = nothing,
    seconds = 0,
    cas?: Buffer,
  ): Promise<MemjsResponse> {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.#count(refusal);
      return Promise.reject(refusal);
    }
    this.commands++;
    const deadlineMs = this.#settings.clock.now() + this.#settings.timeoutMs;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command: { opcode, name, value, seconds, cas }, deadlineMs, resolve, reject });
      this.#holdLink();
      this.#watch();
      if (this.#isFlushQueued) return;
      this.#isFlushQueued = true;
      queueMicrotask(() => this.#flush());
    });
  }

  #refusal(): SharedTierError | undefined {
    if (this.#fault !== undefined) return this.#fault;
    const queued = this.#waiting.length + this.#sent.size;
    if (queued < this.#settings.maxQueued) return undefined;
    return new SharedTierError("memcached", "busy", `has ${queued} commands under way already`);
  }

  #flush(): void {
    this.#isFlushQueued = false;
    const link = this.#link;
    if (!this.#isUp || link === undefined || this.#waiting.length === 0) return;
    const asked = this.#waiting;
    this.#waiting = [];
    for (const each of asked) this.#sent.add(each);
    link.send(
      asked.map(({ command }) => command),
      asked.map((each) => (response) => this.#answered(each, response)),
    );
  }

  #answered(asked: Asked, response: MemjsResponse): void {
    if (!this.#sent.delete(asked)) return;
    const fault = faultOf(response);
    if (fault === undefined) asked.resolve(response);
    else {
      this.#count(fault);
      asked.reject(fault);
    }
    if (this.#sent.size > 0) return;
    this.#holdLink();
    if (this.#link?.isWorn) this.#link.break(new Error("the connection is worn"));
  }

  #connect(): void {
    if (this.#isClosed || this.#memjs === undefined) return;
    this.#linkDeadlineMs = this.#settings.clock.now() + this.#settings.timeoutMs;
    const link = new MemcachedLink(this.#memjs, this.#address, this.#settings, {
      up: () => {
        this.connections++;
        this.#isUp = true;
        this.#fault = undefined;
        this.#linkDeadlineMs = Number.POSITIVE_INFINITY;
        this.#pauseMs = firstPauseMs;
        this.#holdLink();
        this.#flush();
      },
      broken: (cause) => {
        if (this.#link === link) this.#drop(cause as SharedTierError);
      },
    });
    this.#link = link;
    this.#watch();
  }

  /** Everything that was asked rejects; a new connection is made after a while. */
  #drop(fault: SharedTierError): void {
    const { clock, maxReconnectMs } = this.#settings;
    this.#fault = fault;
    this.#isUp = false;
    const link = this.#link;
    this.#link = undefined;
    const asked = [...this.#sent, ...this.#waiting];
    this.#sent.clear();
    this.#waiting = [];
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    link?.close();
    this.#dropped();
    for (const { reject } of asked) {
      this.#count(fault);
      reject(fault);
    }
    if (this.#isClosed) return;
    // All processes of a fleet see the same server come back.
    const pauseMs = Math.min(maxReconnectMs, this.#pauseMs) * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(maxReconnectMs, this.#pauseMs * 2);
    clock.clearTimeout(this.#reconnect);
    this.#reconnect = clock.setTimeout(() => this.#connect(), pauseMs);
  }

  /** One timer, for what is due first. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const dueMs = this.#dueMs();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#settings;
    const check = (): void => {
      this.#timer = undefined;
      if (this.#dueMs() > clock.now()) this.#watch();
      else this.#drop(this.#late());
    };
    // Answers that came while this process was busy are read first.
    this.#timer = clock.setTimeout(() => setImmediate(check), Math.max(0, dueMs - clock.now()));
  }

  #dueMs(): number {
    const oldest: Asked | undefined = this.#sent.values().next().value ?? this.#waiting[0];
    const linkMs = this.#link === undefined ? Number.POSITIVE_INFINITY : this.#linkDeadlineMs;
    return Math.min(linkMs, oldest?.deadlineMs ?? Number.POSITIVE_INFINITY);
  }

  #late(): SharedTierError {
    return new SharedTierError("memcached", "timeout", `didn't answer within ${this.#settings.timeoutMs} ms`);
  }

  #holdLink(): void {
    this.#link?.hold(this.#sent.size > 0 || this.#waiting.length > 0);
  }

  #count({ reason }: SharedTierError): void {
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}
