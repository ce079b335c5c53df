import type { AllocationNode, CpuProfileNode, ThreadRecording } from "./recorded-thread.ts";

/** A thread's profiles as browsers' developer tools and editors read them. */
export interface KeptProfiles {
  /** Text of a `.cpuprofile` file. */
  readonly cpu: string;
  /** Text of a `.heapprofile` file. */
  readonly heap: string;
}

const callFrame = { functionName: "(root)", scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 };
const rootId = 1;

/** Joins the segments of a recording to one profile of each kind, under one root. All of it is in memory at once. */
export function keptProfiles({ segments }: ThreadRecording): KeptProfiles {
  const nodes: CpuProfileNode[] = [];
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  const sites: AllocationNode[] = [];
  const children: number[] = [];
  let times: { readonly startTime: number; endTime: number } | undefined;
  let lastId = rootId;
  for (const { cpu, allocations } of segments()) {
    for (const site of allocations?.head.children ?? []) sites.push(site);
    const called = new Set(cpu.nodes.flatMap((node) => node.children ?? []));
    const roots = new Set(cpu.nodes.flatMap(({ id }) => (called.has(id) ? [] : [id])));
    const from = lastId;
    const idOf = (id: number): number => (roots.has(id) ? rootId : id + from);
    for (const node of cpu.nodes) {
      const below = (node.children ?? []).map(idOf);
      lastId = Math.max(lastId, node.id + from);
      if (roots.has(node.id)) children.push(...below);
      else nodes.push({ ...node, id: idOf(node.id), children: below });
    }
    // A delta counts from the sample before it: what lies between two segments comes to the first of the second one.
    const gap = times === undefined ? 0 : cpu.startTime - times.endTime;
    cpu.samples.forEach((sample, i) => {
      samples.push(idOf(sample));
      timeDeltas.push((cpu.timeDeltas[i] ?? 0) + (i === 0 ? gap : 0));
    });
    times ??= { startTime: cpu.startTime, endTime: cpu.endTime };
    times.endTime = cpu.endTime;
  }
  const root = { id: rootId, callFrame, children };
  return {
    cpu: JSON.stringify({ nodes: [root, ...nodes], startTime: 0, endTime: 0, ...times, samples, timeDeltas }),
    heap: JSON.stringify({ head: { id: rootId, callFrame, selfSize: 0, children: sites }, samples: [] }),
  };
}
