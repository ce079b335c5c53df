/** What are the reference's best practices for memory worth: pools, tuning of the collector, bounds? */
import { measurePractices } from "../practice.ts";

/** What Node takes by itself where it sees 512 MiB, and what the tuning advises for sessions there. */
const semiSpaces = { bad: ["--max-semi-space-size=1"], good: ["--max-semi-space-size=32"] };

await measurePractices(new URL("./arms/memory.ts", import.meta.url), [
  { id: "buffers", work: "a buffer of 4 KiB, 8 held", bad: "`Buffer.alloc(4096)`", good: "`BufferPool`" },
  {
    id: "maps",
    work: "a `Map` with 50 entries, 1,000 held",
    bad: "`new Map()`",
    good: "`ObjectPool`",
  },
  { id: "points", work: "an object of 3 fields, 1,000 held", bad: "`{ x, y, z }`", good: "`ObjectPool`" },
  {
    id: "sessions",
    work: "a session among 50,000 that live",
    bad: "semi-space of 1 MiB",
    good: "32 MiB",
    nodeArgs: semiSpaces,
  },
  {
    id: "garbage",
    work: "JSON that is dropped at once",
    bad: "semi-space of 1 MiB",
    good: "32 MiB",
    nodeArgs: semiSpaces,
  },
  {
    id: "visitors",
    work: "heap after 300,000 visitors",
    bad: "a `Map` that only grows",
    good: "`LruCache` of 10,000",
    unit: "bytes",
    count: 300_000,
    nodeArgs: { bad: ["--expose-gc"], good: ["--expose-gc"] },
  },
]);
