import type { SharedTierError } from "../../errors.ts";
import type { RedisArgument } from "./client.ts";
import { tierFault } from "./fault.ts";
import { type LinkContext, RedisLink } from "./link.ts";
import type { RedisAddress, RedisLogin } from "./options.ts";
import { asItIs, type ReplyUse } from "./reply-use.ts";
import { Retries } from "./retries.ts";
import type { RedisScript } from "./scripts.ts";
import type { Topology } from "./topology.ts";

/** Says where the master is; asked before each attempt to connect. */
export type Locator = () => Promise<RedisAddress>;

/** One server, or whichever takes its place. */
export class OneMaster implements Topology {
  readonly #context: LinkContext;
  readonly #locate: Locator;
  readonly #login: RedisLogin;
  readonly #mustBeMaster: boolean;
  readonly #opened: () => void;
  readonly #closed: () => void;
  readonly #retries: Retries;
  #link: RedisLink | undefined;
  #links: readonly RedisLink[] = [];
  #why: SharedTierError = tierFault("unavailable", "not connected");
  #isClosed = false;

  /** @param opened called whenever there is a new connection, before anything is asked by it @param closed called by `close` */
  constructor(
    context: LinkContext,
    locate: Locator,
    login: RedisLogin,
    mustBeMaster: boolean,
    opened: () => void,
    closed: () => void = () => undefined,
  ) {
    this.#context = context;
    this.#locate = locate;
    this.#login = login;
    this.#mustBeMaster = mustBeMaster;
    this.#opened = opened;
    this.#closed = closed;
    this.#retries = new Retries(context.settings.maxReconnectMs, () => this.#connect());
  }

  get links(): readonly RedisLink[] {
    return this.#links;
  }
  get isComplete(): boolean {
    return this.#link?.isOpen === true;
  }
  linkOf(_key: string): RedisLink | undefined {
    return this.#link;
  }

  send(_key: string, args: readonly RedisArgument[]): Promise<unknown>;
  send<R>(_key: string, args: readonly RedisArgument[], use: ReplyUse<R>): Promise<R>;
  send(_key: string, args: readonly RedisArgument[], use: ReplyUse<unknown> = asItIs): Promise<unknown> {
    return this.#link?.send(args, use) ?? Promise.try(() => use.failed(this.#why));
  }
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    return this.#link?.run(script, keys, args) ?? Promise.reject(this.#why);
  }

  lost(link: RedisLink): void {
    if (link !== this.#link) return;
    this.#drop();
    void this.#retries.start();
  }

  /** Goes to the master that another place now names. */
  moveTo(address: RedisAddress): void {
    const present = this.#link?.address;
    if (!present || (present.host === address.host && present.port === address.port)) return;
    this.#link?.close(tierFault("unavailable", "another server became the master"));
    this.#drop();
    void this.#retries.start();
  }

  open(): Promise<void> {
    return this.#retries.start();
  }

  close(): void {
    this.#isClosed = true;
    this.#closed();
    this.#why = tierFault("closed", "by its owner");
    this.#retries.close();
    this.#link?.close();
  }

  #drop(): void {
    this.#link = undefined;
    this.#links = [];
    this.#context.events.replaced();
  }

  async #connect(): Promise<boolean> {
    if (this.isComplete) return true;
    try {
      const link = await RedisLink.open(this.#context, await this.#locate(), this.#login);
      if (this.#isClosed || (this.#mustBeMaster && !link.isMaster)) {
        link.close();
        throw tierFault("read-only", "a replica");
      }
      this.#link = link;
      this.#links = [link];
      this.#opened();
      return true;
    } catch (error) {
      if (!this.#isClosed) this.#why = this.#context.faults.translate(error);
      return false;
    }
  }
}
