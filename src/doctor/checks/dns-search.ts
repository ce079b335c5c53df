import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "dns-search";

/** Are names of the outside tried with the search domains first, as Kubernetes has it? */
export function checkDnsSearch({ resolver }: DoctorFacts): Finding[] {
  if ("unknown" in resolver) return [unknown(id, resolver.unknown)];
  const { ndots, search } = resolver.value;
  const what = `ndots:${ndots} with ${search.length} search ${search.length === 1 ? "domain" : "domains"}`;
  // "api.example.com" has two dots.
  if (ndots <= 2 || search.length === 0) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: `a name such as api.example.com is asked for with each of these domains first: ${search.length} failing look-ups, of two queries each, before each that counts`,
      source: "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
      mend: 'dnsConfig: { options: [{ name: ndots, value: "2" }] }',
    }),
  ];
}
