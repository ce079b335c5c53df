import { createHash } from "node:crypto";
import { systemClock, type TimerHandle } from "../../clock.ts";
import { keepAlive, letEnd } from "../../concurrency/keep-alive.ts";
import { SharedTierError } from "../../errors.ts";
import { AnswerDeadlines, type AnswerUse } from "../answer-deadlines.ts";
import type { PushHook, RedisArgument, RedisClient, RedisModule } from "./client.ts";
import { type FaultTranslator, isReply, tierFault } from "./fault.ts";
import type { RedisAddress, RedisLogin, RedisSettings } from "./options.ts";
import { asItIs, type ReplyUse } from "./reply-use.ts";
import type { RedisScript } from "./scripts.ts";

/** What a link tells of; nothing of it once it is closed. */
export interface LinkEvents {
  /** A key changed, or all did. */
  invalidated(key: string | undefined): void;
  /** What the server said before doesn't hold any more, such as after a failover. */
  replaced(): void;
  /** The connection is gone; `why` is what the next attempt may be judged by. */
  lost(link: RedisLink, why: SharedTierError): void;
}

/** What all links of a tier share. */
export interface LinkContext {
  readonly redis: RedisModule;
  readonly settings: RedisSettings;
  readonly faults: FaultTranslator;
  readonly events: LinkEvents;
  readonly counts: LinkCounts;
}

export interface LinkCounts {
  commands: number;
  timeouts: number;
  failures: number;
  connections: number;
  invalidations: number;
}

/** RESP3's type of texts; the client gives them as bytes. */
const bytesOfTexts = Object.freeze({ 36: Buffer });

/**
 * One connection to one server: it asks, is told of changes, and knows how long it can be trusted to have been told. The server
 * answers and tells on one stream, in the order of events, so what it tells never comes after an answer that knew it already.
 * Lives once: whoever opened it opens another when it is lost.
 */
export class RedisLink {
  readonly address: RedisAddress;
  /** Names the life of this server as a master; "" where it doesn't tell. Changes when another took its place. */
  epoch = "";
  /** Does it tell of changes? */
  isTelling = false;
  /** Does it take writes? */
  isMaster = true;
  /** The server's wall clock minus our monotonic one, milliseconds. */
  clockOffsetMs: number | undefined;
  readonly #context: LinkContext;
  readonly #inCluster: boolean;
  readonly #client: RedisClient;
  readonly #deadlines: AnswerDeadlines;
  #state: "opening" | "open" | "closed" = "opening";
  #underWay = 0;
  readonly #answered = (): void => {
    this.#underWay--;
  };
  readonly #toMaster = this.#useOf((thrown) => this.#fault(thrown));
  readonly #toAny = this.#useOf((thrown) => this.#why ?? this.#context.faults.translate(thrown));
  #trustedUntil = Number.NEGATIVE_INFINITY;
  #timer: TimerHandle | undefined;
  #why: SharedTierError | undefined;
  #runId = "";

  /** @param login of this server. @throws {SharedTierError} when it can't be reached, refuses us or isn't ready in time */
  static async open(
    context: LinkContext,
    address: RedisAddress,
    login: RedisLogin,
    inCluster = false,
  ): Promise<RedisLink> {
    const link = new RedisLink(context, address, login, inCluster);
    await link.#open();
    return link;
  }

  private constructor(context: LinkContext, address: RedisAddress, login: RedisLogin, inCluster: boolean) {
    this.address = address;
    this.#context = context;
    this.#inCluster = inCluster;
    this.#deadlines = new AnswerDeadlines(context.settings.timeoutMs);
    const client = connectionTo(context, address, login, this.#hook());
    client.on("error", (error) => this.#fail(error));
    client.on("end", () => this.#fail(new Error("the connection ended")));
    this.#client = client.withTypeMapping(bytesOfTexts);
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Has all that the server told until lately come here? */
  isTrusted(nowMs: number): boolean {
    return nowMs < this.#trustedUntil && this.isMaster;
  }

  /** Rejects with a `SharedTierError`, and within the time limit. */
  send(args: readonly RedisArgument[]): Promise<unknown>;
  /** @returns what `use` makes of the reply */
  send<R>(args: readonly RedisArgument[], use: ReplyUse<R>): Promise<R>;
  send(args: readonly RedisArgument[], use: ReplyUse<unknown> = asItIs): Promise<unknown> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.try(() => use.failed(refusal));
    const { counts } = this.#context;
    counts.commands++;
    this.#underWay++;
    const answer = this.#client.sendCommand(args);
    return this.#deadlines.bound(answer, this.#toMaster, use);
  }

  /** Asks what a replica may answer as well. */
  askAny(args: readonly RedisArgument[]): Promise<unknown> {
    if (this.#state !== "open") return Promise.reject(this.#why ?? tierFault("unavailable", "not connected"));
    this.#underWay++;
    return this.#deadlines.bound(this.#client.sendCommand(args), this.#toAny, asItIs);
  }

  /** Runs a script, and sends its text where the server doesn't know it yet. Resolves when it has told of what that wrote. */
  async run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#told(["EVALSHA", script.sha1, ...rest]);
    } catch (error) {
      if (!(error instanceof SharedTierError) || !/NOSCRIPT/.test(error.message)) throw error;
      return this.#told(["EVAL", script.source, ...rest]);
    }
  }

  close(why = tierFault("closed", "by its owner")): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#why = why;
    this.#trustedUntil = Number.NEGATIVE_INFINITY;
    systemClock.clearTimeout(this.#timer);
    this.#client.destroy();
  }

  /** @returns why nothing is sent now */
  #refusal(): SharedTierError | undefined {
    if (this.#state !== "open") return this.#why ?? tierFault("unavailable", "not connected");
    if (!this.isMaster) return tierFault("read-only", "a replica");
    if (this.#underWay < this.#context.settings.maxQueued) return undefined;
    this.#context.counts.failures++;
    return tierFault("busy", `${this.#underWay} commands are under way`);
  }

  #useOf(faultOf: (thrown: unknown) => SharedTierError): AnswerUse<unknown, unknown, ReplyUse<unknown>> {
    return {
      kept: (reply, use) => use.kept(reply),
      failed: (thrown, use) => use.failed(faultOf(thrown)),
      late: (use) => {
        const { counts, settings } = this.#context;
        counts.timeouts++;
        return use.failed(tierFault("timeout", `no answer within ${settings.timeoutMs} ms`));
      },
      ended: this.#answered,
    };
  }

  #fault(thrown: unknown): SharedTierError {
    this.#context.counts.failures++;
    if (this.#why !== undefined && !isReply(thrown)) return this.#why;
    const fault = this.#context.faults.translate(thrown);
    if (fault.reason === "read-only") this.#demoted();
    return fault;
  }

  /** The server tells of our own write right after its answer, so before the next one. */
  async #told(args: readonly RedisArgument[]): Promise<unknown> {
    const answer = this.send(args);
    if (this.isTelling) await Promise.all([answer, this.send(["PING"])]);
    return answer;
  }

  /** Counts until the server answered, however late: a server that hangs gets no more than so many. */
  #ask(args: readonly RedisArgument[]): Promise<unknown> {
    this.#underWay++;
    const answer = this.#client.sendCommand(args);
    answer.then(this.#answered, this.#answered);
    return answer;
  }

  async #open(): Promise<void> {
    const { connectTimeoutMs } = this.#context.settings;
    keepAlive();
    const late = Promise.withResolvers<never>();
    const timer = systemClock.setTimeout(
      () =>
        setImmediate(() => late.reject(tierFault("timeout", `no connection within ${connectTimeoutMs} ms`))),
      connectTimeoutMs,
    );
    try {
      await Promise.race([this.#handshake(), late.promise]);
      if (this.#state === "closed") throw this.#why;
      this.#state = "open";
      this.#context.counts.connections++;
      this.#scheduleHeartbeat();
    } catch (thrown) {
      const fault = this.#context.faults.translate(thrown);
      this.close(fault);
      throw fault;
    } finally {
      systemClock.clearTimeout(timer);
      late.promise.catch(() => undefined);
      letEnd();
    }
  }

  async #handshake(): Promise<void> {
    await this.#client.connect();
    const [told] = await Promise.all([
      allowed(this.#ask(["CLIENT", "TRACKING", "ON"])),
      this.#heartbeat(true),
    ]);
    this.isTelling = told !== undefined;
  }

  #hook(): PushHook {
    const hook = new this.#context.redis.BasicClientSideCache();
    // Asked for later, since a server that denies it is no reason not to connect.
    hook.trackingOn = () => ["PING"];
    hook.invalidate = (key) => {
      if (this.#state === "closed") return;
      this.#context.counts.invalidations++;
      this.#context.events.invalidated(key === null ? undefined : key.toString());
    };
    return hook;
  }

  #scheduleHeartbeat(): void {
    const { heartbeatMs, trustMs } = this.#context.settings;
    this.#timer = systemClock.setTimeout(() => {
      let isAnswered = false;
      this.#timer = systemClock.setTimeout(() => {
        setImmediate(() => {
          if (!isAnswered) this.#fail(tierFault("timeout", `no sign of life within ${trustMs} ms`));
        });
      }, trustMs);
      this.#heartbeat(false).then(
        () => {
          isAnswered = true;
          if (this.#state !== "open") return;
          systemClock.clearTimeout(this.#timer);
          this.#scheduleHeartbeat();
        },
        (error) => this.#fail(error),
      );
    }, heartbeatMs);
  }

  async #heartbeat(isFirst: boolean): Promise<void> {
    const sentMs = systemClock.now();
    const [server, replication, cluster, time] = await Promise.all([
      isFirst ? allowed(this.#ask(["INFO", "server"])) : undefined,
      allowed(this.#ask(["INFO", "replication"])),
      this.#inCluster ? allowed(this.#ask(["CLUSTER", "INFO"])) : undefined,
      allowed(this.#ask(["TIME"])),
    ]);
    if (this.#state === "closed") return;
    if (isFirst) this.#runId = /run_id:(\w+)/.exec(String(server))?.[1] ?? "";
    const state = String(replication);
    this.#take(/role:(\w+)/.exec(state)?.[1] !== "slave", /master_replid:(\w+)/.exec(state)?.[1] ?? "");
    if (this.#inCluster && !this.isMaster) throw tierFault("read-only", "a replica");
    if (/cluster_state:fail/.test(String(cluster))) throw tierFault("unavailable", "its cluster is down");
    const parts = Array.isArray(time) ? time.map((part) => Number(String(part))) : [];
    if (parts.length === 2)
      this.clockOffsetMs = parts[0]! * 1000 + parts[1]! / 1000 - (sentMs + systemClock.now()) / 2;
    this.#trustedUntil = sentMs + this.#context.settings.trustMs;
  }

  #take(isMaster: boolean, replicationId: string): void {
    const epoch =
      this.#runId === "" || replicationId === ""
        ? ""
        : createHash("sha256").update(`${this.#runId} ${replicationId}`).digest("base64url").slice(0, 12);
    const isSame = epoch === this.epoch && isMaster === this.isMaster;
    this.epoch = epoch;
    this.isMaster = isMaster;
    if (!isSame && this.#state === "open") this.#context.events.replaced();
  }

  /** Until the next sign of life says otherwise. */
  #demoted(): void {
    if (this.#inCluster) this.#fail(tierFault("read-only", "a replica"));
    else {
      this.isMaster = false;
      this.#context.events.replaced();
    }
  }

  #fail(thrown: unknown): void {
    const isLost = this.#state === "open";
    if (this.#state === "closed") return;
    const why = this.#context.faults.translate(thrown);
    this.close(why);
    if (isLost) this.#context.events.lost(this, why);
  }
}

/** A client that connects once, is told nothing by default, and doesn't keep the process alive. */
export function connectionTo(
  { redis, settings }: Pick<LinkContext, "redis" | "settings">,
  { host, port }: RedisAddress,
  login: RedisLogin,
  hook?: PushHook,
): RedisClient {
  const client = templateOf(redis).duplicate({
    RESP: 3,
    socket: {
      ...login.tls,
      host,
      port,
      ...(login.tls && {
        tls: true,
        servername: login.tls.servername ?? (/[a-z]/i.test(host) && !host.includes(":") ? host : ""),
      }),
      connectTimeout: settings.connectTimeoutMs,
      reconnectStrategy: false,
    },
    ...(login.username !== undefined && { username: login.username }),
    ...(login.password !== undefined && { password: login.password }),
    ...(login.database > 0 && { database: login.database }),
    disableOfflineQueue: true,
    // Its own limits cost a signal each and end once a command is written.
    commandOptions: { timeout: 0 },
    maintNotifications: "disabled",
    ...(hook && { clientSideCache: hook }),
  });
  client.unref();
  return client;
}

const templates = new WeakMap<RedisModule, RedisClient>();

/** The client makes a class for each set of options, which takes as long as thousands of commands; a duplicate shares it. */
function templateOf(redis: RedisModule): RedisClient {
  let template = templates.get(redis);
  if (!template) {
    template = redis.createClient({ RESP: 3, maintNotifications: "disabled" });
    template.destroy();
    templates.set(redis, template);
  }
  return template;
}

/** @returns `undefined` where the user has no right to ask, or the server doesn't know the command */
async function allowed(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (/^(NOPERM|ERR)\b/.test((error as Error).message)) return undefined;
    throw error;
  }
}
