import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "listen-backlog";
/** What Node asks for where `server.listen` is given nothing else. */
const nodeBacklog = 511;

/** May as many connections wait to be accepted as Node asks for? */
export function checkListenBacklog({ somaxconn }: DoctorFacts): Finding[] {
  if ("unknown" in somaxconn) return [unknown(id, somaxconn.unknown)];
  const what = `net.core.somaxconn is ${somaxconn.value}`;
  if (somaxconn.value >= nodeBacklog) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: `Node asks for ${nodeBacklog} connections that wait to be accepted, and gets ${somaxconn.value}; in a burst, clients beyond wait a second and try again`,
      source: "https://nodejs.org/api/net.html#serverlisten",
      mend: "sysctl -w net.core.somaxconn=4096 (docker: --sysctl net.core.somaxconn=4096)",
    }),
  ];
}
