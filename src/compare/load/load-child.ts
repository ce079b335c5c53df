/** Entry point of the load process: sends what it is told to, and kills the programs when the comparison is gone. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { cgroupLimits } from "../../measure/cgroup-limits.ts";
import type { LoadReply, LoadRequest, Numbered } from "./load-protocol.ts";
import { LoadRecord } from "./load-record.ts";
import { type LoadTarget, scriptTarget, urlTarget } from "./load-target.ts";
import { closedLoop, openLoop } from "./open-loop.ts";
import { realPace } from "./pace.ts";

const targets = new Map<string, { readonly target: LoadTarget; readonly record: LoadRecord; next: number }>();
const pace = realPace(processors() >= 2);
let groups: readonly number[] = [];

function processors(): number {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // No such file, no such limit.
      return undefined;
    }
  };
  return Math.min(availableParallelism(), cgroupLimits(read)?.cpus ?? Number.POSITIVE_INFINITY);
}

function opened(arm: string) {
  const entry = targets.get(arm);
  if (entry === undefined) throw new Error(`no target for ${arm}`);
  return entry;
}

async function answer(request: LoadRequest): Promise<unknown> {
  switch (request.type) {
    case "open": {
      const { url, script, arm } = request;
      const target = await (script === undefined ? urlTarget(url) : scriptTarget(script, url));
      targets.set(arm, { target, record: new LoadRecord(), next: 0 });
      return undefined;
    }
    case "slot": {
      const entry = opened(request.arm);
      const { target, record } = entry;
      const first = entry.next;
      const slot = record.begin(request.counts);
      const result = await openLoop({
        ...request,
        pace,
        send: (index) => target.send(first + index),
        onDone: slot.add,
      });
      entry.next += result.sent + result.dropped;
      if (result.abandoned > 0) target.reset();
      return { p50Ms: slot.end(result, request.durationMs) };
    }
    case "capacity": {
      const { target } = opened(request.arm);
      const result = await closedLoop({ ...request, pace, send: (index) => target.send(index) });
      if (result.abandoned > 0) target.reset();
      return result;
    }
    case "close": {
      const { target, record } = opened(request.arm);
      targets.delete(request.arm);
      target.reset();
      return record.figures(target.answers);
    }
    case "guard":
      groups = request.groups;
      return undefined;
  }
}

process.on("message", ({ id, ...request }: Numbered & LoadRequest) => {
  answer(request).then(
    (result) => process.send?.({ id, result } satisfies LoadReply),
    (error: unknown) => process.send?.({ id, error: String(error) } satisfies LoadReply),
  );
});
// A signal to the whole group, as of a terminal that is closed, is for the comparison: who guards the programs stays.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
process.on("disconnect", () => {
  for (const group of groups) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // It has ended, or is another user's: the others are to go all the same.
    }
  }
  process.exit();
});
