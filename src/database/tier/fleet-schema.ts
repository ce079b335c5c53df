import { randomUUID } from "node:crypto";
import type { SharedTier } from "../../cache/shared-tier.ts";
import { schema } from "./result-tags.ts";
import { type TierCalls, unreachable } from "./tier-calls.ts";
import type { WriteMarks } from "./write-marks.ts";

const key = "s";
const leaseMs = 500;
const attempts = 5;
/** The server may forget it: then it counts as changed. */
const ttlMs = 7 * 24 * 3_600_000;

/**
 * Which schema the fleet is at: a random text on the server that goes when anybody changes the schema. What a process knows of
 * statements holds for the text that it noted before.
 */
export class FleetSchema {
  readonly #calls: TierCalls;
  readonly #marks: WriteMarks;
  readonly #forget: () => void;
  #known: string | undefined;
  #noting: Promise<void> | undefined;

  /** @param forget makes void what this process knows of statements */
  constructor(calls: TierCalls, marks: WriteMarks, forget: () => void) {
    this.#calls = calls;
    this.#marks = marks;
    this.#forget = forget;
  }

  /** The schema that was noted last, if it is still thought to be the present one. */
  get known(): string | undefined {
    return this.#known;
  }

  /** Asks the server. @returns `false` when the schema was changed since this one was noted, or may have been */
  async isPresent(known: string | undefined): Promise<boolean> {
    return known !== undefined && (await this.#calls.ask((tier) => read(tier))) === known;
  }

  /** What is known of statements is void; the present schema will be noted. */
  lost(): void {
    this.#known = undefined;
    void this.note();
  }

  /** Notes the present schema, if nobody is changing it; else that stays open. Never rejects for the server's sake. */
  note(): Promise<void> {
    this.#noting ??= this.#note().finally(() => {
      this.#noting = undefined;
    });
    return this.#noting;
  }

  async #note(): Promise<void> {
    const present = await this.#calls.ask(async (tier) => (await read(tier)) ?? create(tier));
    if (present === unreachable || present === undefined || present === this.#known) return;
    const isChanging = await this.#calls.ask(() => this.#marks.areSet([], [schema]));
    if (isChanging !== false) return;
    // In this order: what is learned of statements from here on holds for this schema, or a later one that shows.
    this.#known = present;
    this.#forget();
  }
}

async function read(tier: SharedTier): Promise<string | undefined> {
  const entry = await tier.get(key);
  return entry && Buffer.from(entry.bytes).toString();
}

async function create(tier: SharedTier): Promise<string | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const lease = await tier.acquire(key, [schema], leaseMs);
    if (lease === undefined) await tier.leaseEnded(key, leaseMs);
    else if (!("token" in lease)) return Buffer.from(lease.bytes).toString();
    else {
      const id = randomUUID();
      if (await tier.fill(lease, Buffer.from(id), ttlMs)) return id;
    }
  }
  return undefined;
}
