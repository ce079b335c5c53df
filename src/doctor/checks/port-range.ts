import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "port-range";
/** A port rests for a minute after its connection is closed: this many last for 166 new connections a second to one address. */
const enough = 10_000;

/** Are there ports enough for outgoing connections? */
export function checkPortRange({ portRange }: DoctorFacts): Finding[] {
  if ("unknown" in portRange) return [unknown(id, portRange.unknown)];
  const [first, last] = portRange.value;
  const count = last - first + 1;
  const what = `${count} ports for outgoing connections (${first} to ${last})`;
  if (count >= enough) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: `a closed connection holds its port for 60 s, so ${Math.floor(count / 60)} new connections a second to one address use them up, and connecting fails with EADDRNOTAVAIL`,
      source: "https://docs.kernel.org/networking/ip-sysctl.html",
      mend: "sysctl -w net.ipv4.ip_local_port_range='10240 65535'",
    }),
  ];
}
