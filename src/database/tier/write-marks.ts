import { randomUUID } from "node:crypto";
import type { SharedTier } from "../../cache/shared-tier.ts";
import type { Clock } from "../../clock.ts";
import { SharedTierError } from "../../errors.ts";
import { type ChangedTags, everything } from "./result-tags.ts";

/** A write under way, as it lies on the server. */
type Mark = readonly [id: string, untilMs: number, tags: readonly string[]];

interface Edit {
  /** `undefined` to take the mark away. */
  readonly mark: Mark | undefined;
  readonly id: string;
}

/** One change of a table's marks at a time; what comes meanwhile goes into the next one together. */
interface Queue {
  edits: Edit[];
  running: Promise<void> | undefined;
  next: Promise<void> | undefined;
}

/** Of the right to change the marks of one table: three calls take a few milliseconds. */
const leaseMs = 500;
/** After this, a write goes on without its mark. */
const patienceMs = 1_000;

/**
 * Writes of the fleet that are under way, on the server: set before they may take effect, taken away when what they made
 * void was told, and forgotten after `markMs`. While there is one, nothing that it changes is stored by anybody: so a writer
 * that dies right after its commit leaves a mark instead of old rows.
 *
 * The marks of one table are one value, changed under its lease, so that no writer takes away another's.
 */
export class WriteMarks {
  readonly #tier: SharedTier;
  readonly #clock: Clock;
  readonly #markMs: number;
  readonly #queues = new Map<string, Queue>();
  readonly #process = randomUUID();
  #count = 0;

  /** @param markMs > 0 */
  constructor(tier: SharedTier, clock: Clock, markMs: number) {
    this.#tier = tier;
    this.#clock = clock;
    this.#markMs = markMs;
  }

  /** @returns a name for a write */
  newId(): string {
    return `${this.#process}:${++this.#count}`;
  }

  /** Sets the marks of a write, or prolongs them. @throws {SharedTierError} */
  async set(id: string, changed: ChangedTags): Promise<void> {
    const untilMs = this.#tier.now() + this.#markMs;
    await Promise.all(
      [...changed].map(([table, tags]) => this.#edit(table, { id, mark: [id, untilMs, tags] })),
    );
  }

  /** Takes them away. @throws {SharedTierError} */
  async remove(id: string, changed: ChangedTags): Promise<void> {
    await Promise.all([...changed.keys()].map((table) => this.#edit(table, { id, mark: undefined })));
  }

  /** Whether somebody is writing what has any of the tags. @throws {SharedTierError} */
  async areSet(tables: readonly string[], tags: readonly string[]): Promise<boolean> {
    const now = this.#tier.now();
    const entries = await Promise.all([everything, ...tables].map((table) => this.#tier.get(keyOf(table))));
    return entries.some((entry) => {
      if (entry === undefined) return false;
      const marks = decode(entry.bytes);
      // Of what can't be read, nobody knows what it stands for.
      return (
        marks === undefined ||
        marks.some(([, untilMs, marked]) => untilMs > now && marked.some((tag) => tags.includes(tag)))
      );
    });
  }

  #edit(table: string, edit: Edit): Promise<void> {
    const queue = this.#queues.get(table) ?? { edits: [], running: undefined, next: undefined };
    this.#queues.set(table, queue);
    queue.edits.push(edit);
    queue.next ??= this.#afterRunning(table, queue);
    return queue.next;
  }

  async #afterRunning(table: string, queue: Queue): Promise<void> {
    const failed = (): void => undefined;
    // Its failure is told to those who wait for it.
    await queue.running?.catch(failed);
    const { edits, next } = queue;
    queue.edits = [];
    queue.next = undefined;
    queue.running = next;
    try {
      await this.#apply(table, edits);
    } finally {
      if (queue.running === next) queue.running = undefined;
      if (queue.next === undefined) this.#queues.delete(table);
    }
  }

  async #apply(table: string, edits: readonly Edit[]): Promise<void> {
    const tier = this.#tier;
    const key = keyOf(table);
    const giveUpAt = this.#clock.now() + patienceMs;
    while (this.#clock.now() < giveUpAt) {
      const lease = await tier.acquire(key, [], leaseMs, true);
      if (lease === undefined || !("token" in lease)) {
        await tier.leaseEnded(key, Math.max(1, giveUpAt - this.#clock.now()));
        continue;
      }
      const now = tier.now();
      const entry = await tier.get(key);
      const changed = new Set(edits.map(({ id }) => id));
      const others = ((entry && decode(entry.bytes)) ?? []).filter(
        ([id, untilMs]) => untilMs > now && !changed.has(id),
      );
      // Of one write, what was said last.
      const own = new Map(edits.map(({ id, mark }) => [id, mark]));
      const marks = [...others, ...[...own.values()].filter((mark) => mark !== undefined)];
      const lastMs = Math.max(now + 1, ...marks.map(([, untilMs]) => untilMs));
      if (await tier.fill(lease, encode(marks), lastMs - now)) return;
    }
    throw new SharedTierError(tier.name, "busy", `changed the marks of writes for ${patienceMs} ms`);
  }
}

const keyOf = (table: string): string => `w:${table}`;

const encode = (marks: readonly Mark[]): Uint8Array => Buffer.from(JSON.stringify(marks));

function decode(bytes: Uint8Array): readonly Mark[] | undefined {
  try {
    const marks: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Array.isArray(marks) && marks.every(isMark) ? marks : undefined;
  } catch {
    // Damaged, or of another version: the caller takes it for a mark of everything.
    return undefined;
  }
}

function isMark(mark: unknown): mark is Mark {
  return (
    Array.isArray(mark) &&
    typeof mark[0] === "string" &&
    typeof mark[1] === "number" &&
    Array.isArray(mark[2]) &&
    mark[2].every((tag) => typeof tag === "string")
  );
}
