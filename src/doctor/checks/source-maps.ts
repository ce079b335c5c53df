import { flagName } from "../../environment/node-options.ts";
import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";
import { knownFlags } from "../known-flags.ts";

const id = "source-maps";

/** Are stack traces translated by source maps, which makes reading one dear? */
export function checkSourceMaps(facts: DoctorFacts): Finding[] {
  const { all, missing } = knownFlags(facts);
  const last = all.findLast((flag) => /^(?:no-)?enable-source-maps$/.test(flagName(flag)));
  if (last === undefined && missing !== undefined) return [unknown(id, missing)];
  if (last === undefined || flagName(last) === "no-enable-source-maps") return [ok(id, "off")];
  return [
    advice(id, {
      what: "--enable-source-maps is on",
      why: "the first stack that is read parses the file's whole map while all else waits (2 s and 143 MiB for a map of 5 MB), and each later one takes about 5 times as long",
      source: "bench/environment/source-maps.ts",
      mend: "leave the flag out, and translate stacks where logs are read",
    }),
  ];
}
