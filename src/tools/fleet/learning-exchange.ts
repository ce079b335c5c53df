import { randomUUID } from "node:crypto";
import type { SharedTier } from "../../cache/shared-tier.ts";
import { LeaseKeeper } from "../../cache/tiered/lease-keeper.ts";
import { TierLink, unreachable } from "../../cache/tiered/tier-link.ts";
import { resolveTieredOptions } from "../../cache/tiered/tiered-options.ts";
import type { Clock, TimerHandle } from "../../clock.ts";
import type { LearnedRankingOptions } from "../learning/learning-options.ts";
import type { LearnedOutcome, LearnedParts } from "./learned-parts.ts";
import { LearningLedger, type LedgerEntry } from "./learning-ledger.ts";
import { decodeRoster, emptyRoster, encodeRoster, joinRosters, type Roster } from "./roster.ts";
import type { ResolvedSharing } from "./sharing-options.ts";

/** What became of exchanges, since it was made. */
export interface SharingStats {
  /** Exchanges in which the server was asked all that there was to ask. */
  readonly exchanges: number;
  /** Exchanges that had to be given up: the server couldn't be asked, or another node was in the way. */
  readonly missed: number;
  /** Times that something was taken over from another node. */
  readonly taken: number;
  /** What lay on the server and was damaged, too large, or something else. */
  readonly damaged: number;
  /** Other nodes of which it is known what they learned. */
  readonly nodes: number;
  /** Entries of nodes beyond `maxNodes`; they are left out. */
  readonly tooMany: number;
}

/** What a ledger's owner does with it. */
export interface ExchangeHost {
  readonly clock: Clock;
  readonly learning: LearnedRankingOptions;
  /** Called with the sum, when another node taught something. */
  learned(sum: LearnedParts): void;
}

const rosterKey = "learning.roster";
const entryKey = (node: string): string => `learning.node.${node}`;
/** An entry on the server begins with its revision. */
const revisionBytes = 8;

/**
 * Tells the fleet what this node learned, and learns what others did, now and then: a roster says who knows how much, and each
 * node's entry lies under a key of its own. All that a node knows it tells again when the server has lost it.
 */
export class LearningExchange {
  readonly #tier: SharedTier;
  readonly #link: TierLink;
  readonly #host: ExchangeHost;
  readonly #sharing: ResolvedSharing;
  readonly #leaseMs: number;
  readonly #ledger: LearningLedger;
  /** What is known of all nodes, this one included once it has learned something. */
  #roster: Roster = emptyRoster;
  #knowsFleet = false;
  /** Nodes whose entry the server has lost: whoever has it is to tell it again. */
  readonly #lost = new Set<string>();
  /** What was learned before the fleet was known of. */
  #seed: LearnedParts | undefined;
  #timer: TimerHandle | undefined;
  #running: Promise<boolean> | undefined;
  #isClosed = false;
  #exchanges = 0;
  #missed = 0;
  #taken = 0;
  #damaged = 0;

  constructor(tier: SharedTier, sharing: ResolvedSharing, host: ExchangeHost) {
    const options = resolveTieredOptions({ name: "learning", tier, ttlMs: 1, clock: host.clock });
    this.#tier = tier;
    this.#host = host;
    this.#sharing = sharing;
    this.#leaseMs = options.leaseMs;
    this.#link = new TierLink(tier, options);
    this.#ledger = new LearningLedger(randomUUID(), host.learning, sharing.maxNodes);
    this.#arm();
  }

  record(outcome: LearnedOutcome): void {
    this.#ledger.record(outcome);
  }

  /** What was learned earlier, and saved: it is the fleet's if that has learned nothing yet, else the fleet's takes its place. */
  seed(parts: LearnedParts): void {
    this.#seed = parts;
  }

  /** Forgets what this node learned of a tool; or all that any node learned. */
  reset(name?: string): void {
    this.#seed = undefined;
    this.#ledger.reset(name);
    if (name !== undefined) return;
    this.#ledger.forgetOthers();
    this.#roster = { epoch: this.#roster.epoch + 1, nodes: new Map() };
  }

  /** What all nodes together have learned, as far as this one knows. */
  sum(): LearnedParts {
    const sum = this.#ledger.sum();
    if (this.#seed !== undefined) sum.add(this.#seed);
    return sum;
  }

  /** Exchanges now. Never rejects. @returns whether the fleet knows what this node knows, and the other way round */
  exchange(): Promise<boolean> {
    this.#running ??= this.#exchange().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Tells what is still to be told. The tier is its owner's to close. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.clock.clearTimeout(this.#timer);
    await this.#running;
    if (this.#link.isUsable) await this.exchange();
    this.#link.close();
  }

  stats(): SharingStats {
    return {
      exchanges: this.#exchanges,
      missed: this.#missed,
      taken: this.#taken,
      damaged: this.#damaged + this.#ledger.damaged,
      nodes: this.#ledger.others,
      tooMany: this.#ledger.tooMany,
    };
  }

  #arm(): void {
    if (this.#isClosed) return;
    const { intervalMs, random } = this.#sharing;
    const delayMs = intervalMs * (0.75 + 0.5 * random());
    this.#timer = this.#host.clock.setTimeout(() => void this.exchange().finally(() => this.#arm()), delayMs);
  }

  async #exchange(): Promise<boolean> {
    const isDone = await this.#round();
    if (isDone) this.#exchanges++;
    else this.#missed++;
    return isDone;
  }

  async #round(): Promise<boolean> {
    const found = await this.#read();
    if (found === unreachable) return false;
    let isComplete = await this.#learn(found);
    if (this.#mustTell(found)) isComplete = (await this.#tell()) && isComplete;
    return isComplete;
  }

  async #read(): Promise<Roster | typeof unreachable> {
    const entry = await this.#link.ask((tier) => tier.get(rosterKey));
    if (entry === unreachable) return unreachable;
    const roster = entry && decodeRoster(entry.bytes);
    if (entry !== undefined && roster === undefined) this.#damaged++;
    return roster ?? emptyRoster;
  }

  /** Takes over what others know more. @returns whether all of it could be had */
  async #learn(found: Roster): Promise<boolean> {
    const before = this.#roster;
    let hasChanged = false;
    if (found.epoch > before.epoch && this.#knowsFleet) {
      // Somebody had all nodes forget.
      this.#ledger.reset();
      this.#ledger.forgetOthers();
      this.#seed = undefined;
      hasChanged = true;
    }
    this.#knowsFleet = true;
    const { expireMs, maxNodes } = this.#sharing;
    this.#roster = joinRosters(before, found, this.#tier.now() - expireMs, maxNodes + 1);
    const isNewest = found.epoch === this.#roster.epoch;
    if (this.#seed !== undefined && [...found.nodes.keys()].some((node) => node !== this.#ledger.node)) {
      this.#seed = undefined;
      hasChanged = true;
    }
    for (const node of this.#ledger.nodes())
      if (node !== this.#ledger.node && !this.#roster.nodes.has(node))
        hasChanged = this.#ledger.forget(node) || hasChanged;
    let isComplete = true;
    for (const [node, { revision }] of isNewest ? found.nodes : []) {
      if (revision <= this.#ledger.revisionOf(node) || !this.#roster.nodes.has(node)) continue;
      const entry = await this.#entry(node);
      if (entry === undefined) this.#lost.add(node);
      if (entry !== undefined && entry !== unreachable && this.#ledger.join(node, entry)) {
        this.#taken++;
        hasChanged = true;
      } else isComplete = false;
    }
    if (hasChanged) this.#host.learned(this.sum());
    return isComplete;
  }

  async #entry(node: string): Promise<LedgerEntry | undefined | typeof unreachable> {
    const found = await this.#link.ask((tier) => tier.get(entryKey(node)));
    if (found === undefined || found === unreachable) return found;
    const { bytes } = found;
    if (bytes.length < revisionBytes || bytes.length > this.#sharing.maxBytes + revisionBytes) {
      this.#damaged++;
      return undefined;
    }
    const revision = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
    if (!Number.isSafeInteger(revision)) {
      this.#damaged++;
      return undefined;
    }
    return { revision, bytes: bytes.subarray(revisionBytes) };
  }

  /** Does the fleet know less than this node? */
  #mustTell(found: Roster): boolean {
    if (this.#roster.epoch > found.epoch || this.#seed !== undefined || this.#lost.size > 0) return true;
    const freshFrom = this.#tier.now() - this.#sharing.expireMs / 4;
    const own = found.nodes.get(this.#ledger.node);
    if (own !== undefined && own.seenAt < freshFrom) return true;
    for (const node of found.nodes.keys()) if (!this.#roster.nodes.has(node)) return true;
    return this.#ledger
      .nodes()
      .some((node) => this.#ledger.revisionOf(node) > (found.nodes.get(node)?.revision ?? 0));
  }

  /** Under the roster's lease, so that no node's line is lost to another's. */
  async #tell(): Promise<boolean> {
    const lease = await this.#link.acquire(rosterKey, [], this.#leaseMs, true);
    if (lease === undefined || lease === unreachable || !("token" in lease)) return false;
    const keeper = new LeaseKeeper(this.#link, lease, this.#leaseMs, this.#host.clock);
    let isFilled = false;
    try {
      const found = await this.#read();
      if (found === unreachable) return false;
      let isComplete = await this.#learn(found);
      this.#adoptSeed();
      const isOlder = found.epoch < this.#roster.epoch;
      const nodes = new Map(
        [...this.#roster.nodes].filter(
          ([node]) => !isOlder && found.nodes.has(node) && !this.#lost.has(node),
        ),
      );
      this.#lost.clear();
      for (const node of this.#ledger.nodes()) {
        const revision = this.#ledger.revisionOf(node);
        const isOwn = node === this.#ledger.node;
        const line = nodes.get(node) ?? { revision: 0, seenAt: 0 };
        // The server forgets an entry as long after it was stored as the fleet forgets a node.
        const isDue = isOwn && revision > 0 && line.seenAt < this.#tier.now() - this.#sharing.expireMs / 4;
        const isKnown = revision <= line.revision && !isDue;
        if (!isKnown && !(await this.#store(node))) {
          isComplete = false;
          if (!isOwn) continue;
          return false;
        }
        const seenAt = isOwn ? this.#tier.now() : (this.#roster.nodes.get(node)?.seenAt ?? 0);
        if (revision > 0) nodes.set(node, { revision, seenAt });
      }
      this.#roster = { epoch: this.#roster.epoch, nodes };
      const bytes = encodeRoster(this.#roster);
      const stamp = await this.#link.ask((tier) => tier.fill(lease, bytes, this.#sharing.expireMs));
      isFilled = stamp !== undefined && stamp !== unreachable;
      return isFilled && isComplete;
    } finally {
      keeper.stop();
      if (!isFilled) void this.#link.ask((tier) => tier.release(lease));
    }
  }

  /** A fleet that has learned nothing yet begins with what one node had saved. */
  #adoptSeed(): void {
    if (this.#seed === undefined) return;
    this.#ledger.adopt(this.#seed);
    this.#seed = undefined;
  }

  async #store(node: string): Promise<boolean> {
    const entry = this.#ledger.entryOf(node)!;
    if (entry.bytes.length > this.#sharing.maxBytes) return false;
    const key = entryKey(node);
    const lease = await this.#link.acquire(key, [], this.#leaseMs, true);
    if (lease === undefined || lease === unreachable || !("token" in lease)) return false;
    const bytes = new Uint8Array(revisionBytes + entry.bytes.length);
    new DataView(bytes.buffer).setFloat64(0, entry.revision, true);
    bytes.set(entry.bytes, revisionBytes);
    const stamp = await this.#link.ask((tier) => tier.fill(lease, bytes, this.#sharing.expireMs));
    return stamp !== undefined && stamp !== unreachable;
  }
}
