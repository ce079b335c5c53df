import { planMemory } from "../../environment/memory-plan.ts";
import { presentFlag } from "../../environment/node-options.ts";
import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, problem, unknown } from "../finding.ts";
import { knownFlags } from "../known-flags.ts";

const id = "heap-limit";
const mebi = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Beyond, there is no room for what isn't heap: Node itself, buffers, threads. */
const mostOfMemory = 0.9;
/** A limit that a better one exceeds by less is left alone. */
const worthRaising = 1.25;

/** Does V8's limit fit the memory that the container, or the machine, has? */
export function checkHeapLimit(facts: DoctorFacts): Finding[] {
  const { heapLimitBytes: limit, memoryLimitBytes, machineMemoryBytes } = facts;
  if ("unknown" in limit) return [unknown(id, limit.unknown)];
  const memory = memoryLimitBytes ?? machineMemoryBytes;
  const place = memoryLimitBytes === undefined ? "machine" : "container";
  const what = `V8 lets the heap grow to ${mebi(limit.value)}, and the ${place} has ${mebi(memory)}`;
  const better = planMemory(memory).oldSpaceMib;
  if (limit.value > memory * mostOfMemory)
    return [
      problem(id, {
        what,
        why: "the process is killed before V8 collects in earnest",
        source: "https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib",
        mend: `NODE_OPTIONS=--max-old-space-size=${better ?? Math.floor((memory / 2 ** 20) * 0.75)}`,
      }),
    ];
  const isChosen = presentFlag(knownFlags(facts).all, heapFlags) !== undefined;
  if (
    place === "container" &&
    !isChosen &&
    better !== undefined &&
    better * 2 ** 20 > limit.value * worthRaising
  )
    return [
      advice(id, {
        what,
        why: 'a program that needs more ends with "heap out of memory" while memory is free',
        source: "https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib",
        mend: `NODE_OPTIONS=--max-old-space-size=${better}`,
      }),
    ];
  return [ok(id, what)];
}

const heapFlags = ["max-old-space-size", "max-old-space-size-percentage", "max-heap-size"];
