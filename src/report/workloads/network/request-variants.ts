import { peerModule, peerVersion } from "../../peer-module.ts";
import type { CheckResult, MissingVariant, Variant, VariantAnswer } from "../../workload.ts";
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
      module,
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

/** Every call ended, and no answer was wrong; how many there are is what the row is about. */
export function rightAnswers(all: readonly VariantAnswer[]): CheckResult {
  const texts = all.map(({ variant, answer }) => {
    const { calls, answered, wrong } = answer as RequestsAnswer;
    return {
      variant,
      calls,
      wrong,
      text: `${variant} ${answered} of ${calls} calls, ${wrong} of them wrong`,
    };
  });
  const odd = texts.find(({ calls, wrong }) => wrong > 0 || calls !== texts[0]!.calls);
  const detail = `answered: ${texts.map(({ text }) => text).join("; ")}`;
  return { ok: texts.length > 0 && odd === undefined, detail };
}

/** Every call was answered, with the bytes that all others were answered with and that are the resource's. */
export function sameReplies(all: readonly VariantAnswer[]): CheckResult {
  const right = rightAnswers(all);
  const answers = all.map(({ answer }) => answer as RequestsAnswer);
  const first = answers[0]!;
  const ok =
    right.ok && answers.every(({ answered, calls, digest }) => answered === calls && digest === first.digest);
  if (!ok) return { ok, detail: right.detail };
  return {
    ok,
    detail: `all ${all.length} variants were answered the same ${first.calls} bodies, with SHA-256 ${first.digest}…`,
  };
}
