/** What are the reference's best practices for algorithms worth: caches, Bloom filters, lazy values? And where do they cost? */
import { measurePractices } from "../practice.ts";

await measurePractices(new URL("./arms/algorithms.ts", import.meta.url), [
  {
    id: "dear",
    work: "rendering of one of 500 documents",
    bad: "anew each time",
    good: "`LruCache`",
  },
  { id: "cheap", work: "the product of two numbers", bad: "anew each time", good: "`memoize`" },
  {
    id: "absent",
    work: "a look into a table, nine keys in ten are absent",
    bad: "always asked",
    good: "`BloomFilter` first",
  },
  {
    id: "present",
    work: "a look into a table, all keys are there",
    bad: "always asked",
    good: "`BloomFilter` first",
  },
  {
    id: "inMap",
    work: "a look into a `Map`, nine keys in ten are absent",
    bad: "always asked",
    good: "`BloomFilter` first",
  },
  {
    id: "seldomUsed",
    work: "a value that one call in ten uses",
    bad: "computed always",
    good: "`Lazy`",
  },
  { id: "alwaysUsed", work: "a cheap value that is always used", bad: "computed", good: "`Lazy`" },
]);
