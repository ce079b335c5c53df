/** What all arms send: 100 messages again and again, and one that says that a round is over. */

export type Payload = "binary" | "json";

export interface Task {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly value: number;
  readonly last: boolean;
}

export type Message = Uint8Array | Task;

export const batchSize = 100;
const recordBytes = 32;

/** The first byte of the last record of a round. */
const lastByte = 255;

/** @returns `batchSize` messages, numbered from 0 */
export function messages(payload: Payload): readonly Message[] {
  return Array.from({ length: batchSize }, (_, id) => message(payload, id, false));
}

export function lastMessage(payload: Payload): Message {
  return message(payload, 0, true);
}

function message(payload: Payload, id: number, last: boolean): Message {
  if (payload === "binary") return new Uint8Array(recordBytes).fill(last ? lastByte : id);
  return { id, type: "task", name: `user-${id}`, tags: ["a", "b"], value: id / 4, last };
}

/** Counts what arrives and adds up the numbers. */
export class Tally {
  count = 0;
  sum = 0;

  /** @returns whether this was the last */
  add(message: Message): boolean {
    const isBytes = message instanceof Uint8Array;
    const last = isBytes ? message[0] === lastByte : message.last;
    if (last) return true;
    this.count++;
    this.sum += isBytes ? message[0]! : message.id;
    return false;
  }

  take(): { readonly count: number; readonly sum: number } {
    const { count, sum } = this;
    this.count = 0;
    this.sum = 0;
    return { count, sum };
  }
}

/** What a round of `count` messages has to add up to. */
export function expectedSum(count: number): number {
  const rest = count % batchSize;
  return ((count - rest) * (batchSize - 1)) / 2 + (rest * (rest - 1)) / 2;
}
