import { BlockList, isIP } from "node:net";

/** Not for the public internet: IANA's special-purpose registries, and what only looks public. */
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  special.addSubnet(network, prefix, "ipv4");

/** All IPv6 unicast that is handed out lies in 2000::/3; of that, these are special again. */
const publicV6 = new BlockList();
publicV6.addSubnet("2000::", 3, "ipv6");
const specialV6 = new BlockList();
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["3fff::", 20],
] as const)
  specialV6.addSubnet(network, prefix, "ipv6");

/**
 * Whether an address is loopback, private, link-local, multicast or reserved in another way. IPv4 addresses inside of
 * IPv6 ones (mapped, NAT64, 6to4) are looked at themselves.
 * @param address IPv4 or IPv6 in text, with or without a zone; what is neither counts as private
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPrivateAddress(address: string): boolean {
  const zone = address.indexOf("%");
  const bare = zone === -1 ? address : address.slice(0, zone);
  const family = isIP(bare);
  if (family === 4) return special.check(bare, "ipv4");
  if (family === 0) return true;
  const groups = groupsOf(bare);
  const inner = embedded(groups);
  if (inner !== undefined) return special.check(inner, "ipv4");
  return !publicV6.check(bare, "ipv6") || specialV6.check(bare, "ipv6");
}

function embedded(groups: readonly number[]): string | undefined {
  const [a, b, c] = groups as [number, number, number];
  const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const last = dotted(groups[6]!, groups[7]!);
  const zero = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (zero(0, 5) && groups[5] === 0xffff) return last;
  if (a === 0x64 && b === 0xff9b && zero(2, 6)) return last;
  return a === 0x2002 ? dotted(b, c) : undefined;
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The URL parser writes them all in hexadecimal.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const numbers = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const first = numbers(head);
  if (tail === undefined) return first;
  const rest = numbers(tail);
  return [...first, ...new Array<number>(8 - first.length - rest.length).fill(0), ...rest];
}
