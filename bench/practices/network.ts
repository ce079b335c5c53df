/** What are the reference's best practices for HTTP worth, beside Node's own `fetch` and a server on this machine? */
import { measurePractices } from "../practice.ts";

await measurePractices(new URL("./arms/network.ts", import.meta.url), [
  {
    id: "fresh",
    work: "a response that is fresh for an hour",
    bad: "`fetch`",
    good: "`request`, cached",
  },
  {
    id: "everDifferent",
    work: "a response that may not be stored",
    bad: "`fetch`",
    good: "`request`",
  },
  {
    id: "batch",
    work: "20 requests that take 5 ms each",
    bad: "`await` in a loop",
    good: "`batchRequests`, 5 at a time",
  },
  {
    id: "flaky",
    work: "200 requests, one in ten fails with 503",
    bad: "`fetch`",
    good: "`request`, retried",
    unit: "lost",
    count: 1,
  },
  {
    id: "connections",
    work: "a request",
    bad: "`http.get` without an agent",
    good: "`request`, connections kept",
  },
]);
