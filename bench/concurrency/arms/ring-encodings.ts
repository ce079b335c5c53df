import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import { JsonCodec } from "../../../src/concurrency/ring-json.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { messages, type Task } from "./ring-messages.ts";

export type Encoding = "ring" | "ringMany" | "utf8" | "encodeInto" | "charCodes" | "v8";

/** Writes an object into shared memory and reads it back, in one thread. */
type Way = (task: Task) => Task;

const bytes = new Uint8Array(new SharedArrayBuffer(1 << 16));
const buffer = Buffer.from(bytes.buffer);

function utf8(task: Task): Task {
  const text = JSON.stringify(task);
  const end = buffer.write(text, 0, Buffer.byteLength(text), "utf8");
  return JSON.parse(buffer.toString("utf8", 0, end));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
function encodeInto(task: Task): Task {
  const { written } = encoder.encodeInto(JSON.stringify(task), bytes);
  return JSON.parse(decoder.decode(bytes.subarray(0, written)));
}

function charCodes(task: Task): Task {
  const text = JSON.stringify(task);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return JSON.parse(buffer.toString("latin1", 0, text.length));
}

function byV8(task: Task): Task {
  const serialized = serialize(task);
  bytes.set(serialized);
  return deserialize(bytes.slice(0, serialized.length));
}

const codec = new JsonCodec<Task>(bytes);
function ring(task: Task): Task {
  const text = codec.encode(task);
  const head = codec.head(text);
  codec.write(text, head, 0);
  return codec.decode(codec.read(head, 0));
}

/** As a batch is read, with 4 bytes between two records. */
function ringMany(tasks: readonly Task[]): readonly Task[] {
  const places = { heads: new Int32Array(tasks.length), ats: new Int32Array(tasks.length) };
  let at = 4;
  for (let i = 0; i < tasks.length; i++) {
    const text = codec.encode(tasks[i]!);
    const head = codec.head(text);
    codec.write(text, head, at);
    places.heads[i] = head;
    places.ats[i] = at;
    at += text.length + 4;
  }
  return codec.decodeMany(codec.readMany(places, tasks.length));
}

const ways = { ring, utf8, encodeInto, charCodes, v8: byV8 } as const satisfies Record<string, Way>;

export function setup(args: unknown): Arm {
  const { encoding } = args as { readonly encoding: Encoding };
  const tasks = messages("json") as readonly Task[];
  let sum = 0;
  const run = (count: number): void => {
    if (encoding === "ringMany")
      for (let done = 0; done < count; done += tasks.length)
        for (const task of ringMany(tasks.slice(0, count - done))) sum += task.id;
    else for (let i = 0; i < count; i++) sum += ways[encoding](tasks[i % tasks.length]!).id;
  };
  return {
    run,
    answer: () => {
      const before = sum;
      run(tasks.length);
      return sum - before;
    },
  };
}
