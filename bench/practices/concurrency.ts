/** What are the reference's best practices for concurrency worth, and where do they cost? */
import { measurePractices } from "../practice.ts";

await measurePractices(new URL("./arms/concurrency.ts", import.meta.url), [
  {
    id: "heldAtOnce",
    work: "memory of 400 tasks that hold 1 MiB while they wait",
    bad: "`Promise.all`",
    good: "`executeInParallel`, 10 at a time",
    unit: "bytes",
    count: 1,
  },
  {
    id: "patience",
    work: "400 requests to a service of 8 × 5 ms that are worthless after 100 ms",
    bad: "`Promise.all`",
    good: "`executeInParallel`, 10 at a time",
    unit: "lost",
    count: 1,
  },
  {
    id: "unknownCapacity",
    work: "the same service, its capacity unknown",
    bad: "`Promise.all`",
    good: "`getSemaphore(name).run`, untuned",
    unit: "lost",
    count: 1,
  },
  {
    id: "independent",
    work: "20 waits of 1 ms that don't depend on each other",
    bad: "`await` in a loop",
    good: "`executeInParallel`, 10 at a time",
  },
  {
    id: "nothingToProtect",
    work: "1,000 waits of 1 ms that overload nothing",
    bad: "`Promise.all`",
    good: "`executeInParallel`, 10 at a time",
  },
  {
    id: "longWork",
    work: "longest pause of the event loop in 8 computations of some 20 ms",
    bad: "in place",
    good: "`runInWorker`",
    unit: "pauseMs",
    count: 1,
  },
  {
    id: "shortWork",
    work: "a computation of some 100 ns",
    bad: "in place",
    good: "`runInWorker`",
  },
]);
