import type { CallFrame, CpuProfile } from "../../src/profiler/program/index.ts";

/** A frame by its name, in a file of the program unless another URL is given. */
export const frame = (functionName: string, url = "file:///app/main.js", lineNumber = 0): CallFrame => ({
  functionName,
  url: functionName.startsWith("(") ? "" : url,
  lineNumber,
  columnNumber: 0,
});

/**
 * A profile of stacks, the outermost function first, each held for its microseconds.
 * @param ticks line of the innermost function that each stack was seen on
 */
export function cpuProfile(
  stacks: readonly { readonly stack: readonly CallFrame[]; readonly us: number; readonly line?: number }[],
  startTime = 0,
): CpuProfile {
  const nodes = [
    {
      id: 1,
      callFrame: frame("(root)"),
      children: [] as number[],
      positionTicks: [] as { line: number; ticks: number }[],
    },
  ];
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let endTime = startTime;
  let delta = 0;
  for (const { stack, us, line } of stacks) {
    let node = nodes[0]!;
    for (const callFrame of stack) {
      const known = node.children.find((id) => nodes[id - 1]?.callFrame === callFrame);
      const id = known ?? nodes.push({ id: nodes.length + 1, callFrame, children: [], positionTicks: [] });
      if (known === undefined) node.children.push(id);
      node = nodes[id - 1]!;
    }
    if (line !== undefined) node.positionTicks.push({ line, ticks: 1 });
    samples.push(node.id);
    timeDeltas.push(delta);
    delta = us;
    endTime += us;
  }
  return { nodes, startTime, endTime, samples, timeDeltas };
}
