/** A node, as the fleet knows it. */
export interface RosterNode {
  readonly revision: number;
  /** When it was last heard of, by the fleet's clock, milliseconds. */
  readonly seenAt: number;
}

/** Who has learned something, and how much. */
export interface Roster {
  /** Grows each time that all is to be forgotten. */
  readonly epoch: number;
  readonly nodes: ReadonlyMap<string, RosterNode>;
}

export const emptyRoster: Roster = { epoch: 0, nodes: new Map() };
const version = 1;

export function encodeRoster({ epoch, nodes }: Roster): Uint8Array {
  return Buffer.from(JSON.stringify({ version, epoch, nodes: [...nodes] }));
}

/** @returns `undefined` when it is damaged or of another version */
export function decodeRoster(bytes: Uint8Array): Roster | undefined {
  try {
    const raw = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (raw.version !== version || !Number.isSafeInteger(raw.epoch)) return undefined;
    const nodes = new Map<string, RosterNode>();
    for (const [name, { revision, seenAt }] of raw.nodes) {
      if (typeof name !== "string" || !Number.isSafeInteger(revision) || !Number.isFinite(seenAt))
        return undefined;
      nodes.set(name, { revision, seenAt });
    }
    return { epoch: raw.epoch, nodes };
  } catch {
    // What isn't JSON, or has another shape, is no roster: its caller counts it.
    return undefined;
  }
}

/** @returns what both know: of each node what is newest; the `most` that were heard of last, and since `aliveFrom` */
export function joinRosters(a: Roster, b: Roster, aliveFrom: number, most: number): Roster {
  const newer = a.epoch === b.epoch ? [a, b] : [a.epoch > b.epoch ? a : b];
  const nodes = new Map<string, RosterNode>();
  for (const roster of newer)
    for (const [name, node] of roster.nodes) {
      const known = nodes.get(name);
      nodes.set(name, {
        revision: Math.max(node.revision, known?.revision ?? 0),
        seenAt: Math.max(node.seenAt, known?.seenAt ?? 0),
      });
    }
  for (const [name, { seenAt }] of nodes) if (seenAt < aliveFrom) nodes.delete(name);
  // By time, then by name: every node leaves out the same ones.
  const newest = [...nodes].sort(
    ([name, { seenAt }], [other, line]) => line.seenAt - seenAt || (name < other ? -1 : 1),
  );
  return { epoch: Math.max(a.epoch, b.epoch), nodes: new Map(newest.slice(0, most)) };
}
