import type { SpanRecord } from "./span-record.ts";

/** A span with those that began under it, in the order in which they began. */
export interface SpanNode {
  readonly span: SpanRecord;
  readonly children: readonly SpanNode[];
}

interface GrowingNode extends SpanNode {
  readonly children: GrowingNode[];
}

/** @returns the spans whose parent is not among them: there was none, it is under way, or no longer kept */
export function spanTree(spans: readonly SpanRecord[]): readonly SpanNode[] {
  const ordered = byStart(spans);
  const nodes = new Map<number, GrowingNode>();
  for (const span of ordered) nodes.set(span.id, { span, children: [] });
  const roots: SpanNode[] = [];
  for (const { id, parentId } of ordered) {
    const node = nodes.get(id)!;
    const siblings = parentId === undefined ? undefined : nodes.get(parentId)?.children;
    (siblings ?? roots).push(node);
  }
  return roots;
}

/** Those that began first, first; of those that began together, the longer one, then the one that came first. */
export function byStart(spans: readonly SpanRecord[]): readonly SpanRecord[] {
  return spans.toSorted((a, b) => a.startMs - b.startMs || b.durationMs - a.durationMs || a.id - b.id);
}

/** All spans with the same names on the way to them. */
export interface MergedSpans {
  readonly name: string;
  readonly category: string;
  /** 0 for a root. */
  readonly depth: number;
  count: number;
  failed: number;
  totalMs: number;
  selfMs: number;
}

/** @returns each after its parent; of siblings, the one that took most time first */
export function mergedTree(roots: readonly SpanNode[]): readonly MergedSpans[] {
  const merged: MergedSpans[] = [];
  // A list and not recursion: spans may be nested deeper than the stack is.
  const levels: { readonly nodes: readonly SpanNode[]; readonly depth: number }[] = [
    { nodes: roots, depth: 0 },
  ];
  for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
    const { nodes, depth } = level;
    const first = nodes[0]?.span;
    if (first === undefined) continue;
    if (depth > 0) {
      const own: MergedSpans = {
        ...kindOf(first),
        depth: depth - 1,
        count: 0,
        failed: 0,
        totalMs: 0,
        selfMs: 0,
      };
      for (const { span } of nodes) add(own, span);
      merged.push(own);
    }
    const below = depth === 0 ? nodes : nodes.flatMap(({ children }) => children);
    const groups = Map.groupBy(below, ({ span }) => JSON.stringify([span.name, span.category]));
    const groupsBySize = [...groups.values()].sort((a, b) => total(a) - total(b));
    for (const group of groupsBySize) levels.push({ nodes: group, depth: depth + 1 });
  }
  return merged;
}

const kindOf = ({ name, category }: SpanRecord) => ({ name, category });
const total = (nodes: readonly SpanNode[]): number =>
  nodes.reduce((sum, { span }) => sum + span.durationMs, 0);

function add(to: MergedSpans, { durationMs, selfMs, failed }: SpanRecord): void {
  to.count++;
  to.totalMs += durationMs;
  to.selfMs += selfMs;
  if (failed) to.failed++;
}
