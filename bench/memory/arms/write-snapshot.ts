/** A program whose heap is that of a service: sessions in a Map, rows from JSON, closures. Writes its snapshot to the file given. */
import { writeHeapSnapshot } from "node:v8";

class Session {
  readonly id: string;
  readonly user: object;
  readonly seen = new Map<string, number>();
  readonly onEnd: () => string;
  constructor(i: number) {
    this.id = `session-${i}`;
    this.user = JSON.parse(
      JSON.stringify({ name: `user ${i}`, mail: `u${i}@example.org`, roles: ["reader", `role ${i % 50}`] }),
    ) as object;
    for (let k = 0; k < 5; k++) this.seen.set(`page-${(i * 7 + k) % 1000}`, i + k);
    this.onEnd = () => this.id;
  }
}

const [file, sessions] = process.argv.slice(2);
const held = new Map<string, Session>();
for (let i = 0; i < Number(sessions); i++) held.set(`session-${i}`, new Session(i));
(globalThis as { held?: unknown }).held = held;
writeHeapSnapshot(file);
