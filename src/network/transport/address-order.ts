import type { LookupAddress } from "node:dns";

/**
 * In which order the addresses of a name are tried. Those of one family change places in turn, so that each is first
 * equally often; the families keep the resolver's order, on which Node's happy eyeballs relies. Addresses that are set
 * aside come last, and are still there: when all fail, they are all tried.
 * @param turn integer ≥ 0, one higher each time
 * @returns fresh objects, which the caller may change
 * @see RFC 8305, section 4
 */
export function orderAddresses(
  addresses: readonly LookupAddress[],
  turn: number,
  isAside: (address: string) => boolean,
): LookupAddress[] {
  const byFamily = Map.groupBy(addresses, ({ family }) => family);
  const taken = new Map<number, number>();
  const preferred: LookupAddress[] = [];
  const aside: LookupAddress[] = [];
  for (const { family } of addresses) {
    const members = byFamily.get(family)!;
    const place = taken.get(family) ?? 0;
    taken.set(family, place + 1);
    const { address } = members[(place + turn) % members.length]!;
    (isAside(address) ? aside : preferred).push({ address, family });
  }
  return preferred.concat(aside);
}
