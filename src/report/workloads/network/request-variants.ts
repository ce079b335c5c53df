import { peerModule, peerVersion } from "../../peer-module.ts";
import {
  type CheckResult,
  type MissingVariant,
  sameAnswers,
  type Variant,
  type VariantAnswer,
} from "../../workload.ts";
import { armModule } from "./module-url.ts";
import { exponent } from "./request-mix.ts";
import type { RequestsAnswer, RequestsWork } from "./requests-arm.ts";

/** The clients of a row. */
export function requestVariants(work: RequestsWork): {
  baseline: Variant;
  peer: Variant | MissingVariant;
  optimized: Variant;
} {
  const module = armModule("request-clients");
  return {
    baseline: {
      name: "fetch",
      about: "Node's own, each call with a signal for its deadline",
      module,
      export: "globalFetch",
      args: work,
    },
    peer: gotPackage(module, work),
    optimized: {
      name: "NetworkOptimizer",
      about: "request(method, url) with hedge: {}; all else is its default",
      module: armModule("optimizer-client"),
      export: "networkOptimizer",
      args: work,
    },
  };
}

function gotPackage(module: string, work: RequestsWork): Variant | MissingVariant {
  const name = "got";
  const cache = work.mix.kind === "mixed" ? ", with its cache in a Map" : "";
  const about = `with HTTP/2 and three retries, at most 200 ms apart${cache}`;
  const peerUrl = peerModule(name);
  if (peerUrl === undefined) return { name, about, install: name };
  return {
    name: `${name} ${peerVersion(name)}`,
    about,
    module,
    export: "gotPackage",
    args: { ...work, peerUrl },
  };
}

/** What all rows have in common of their origin. */
export const originInput =
  "An origin in a process of its own on this machine, over TLS, which offers HTTP/2 and HTTP/1.1; it answers 20 ms after a " +
  "request came, and one in fifty 300 ms later than that. All clients begin without a connection and trust its " +
  "certificate.";

/** Which resources are asked for how often. */
export const popularity = `by Zipf's law with exponent ${exponent} (in traces of Web proxies it is from 0.64 to 0.83: Breslau et al., 1999)`;

/** Every call ended, no answer is wrong, and where all had to be answered, all were by the same bytes. */
export function rightAnswers(all: readonly VariantAnswer[]): CheckResult {
  const same = sameAnswers(all);
  const wrong = all.find(({ answer }) => (answer as RequestsAnswer | undefined)?.wrong !== 0);
  if (!same.ok || wrong === undefined) return same;
  return { ok: false, detail: `${wrong.variant} was answered with other bodies than the resources have` };
}
