import { splitNodeOptions } from "../environment/node-options.ts";
import type { DoctorFacts } from "./facts.ts";

/** Flags from `NODE_OPTIONS`, the start script and the command line, the stronger last; as far as they are known. */
export interface KnownFlags {
  readonly all: readonly string[];
  /** Why some may be missing. */
  readonly missing: string | undefined;
}

/** The flags that the process has, or that the start script would give it. */
export function knownFlags({ env, flags, pid, project }: DoctorFacts): KnownFlags {
  const options = "value" in env ? splitNodeOptions(env.value.NODE_OPTIONS ?? "") : [];
  const script = pid === undefined && "value" in project ? project.value.startFlags : [];
  const own = "value" in flags ? flags.value : [];
  const unread = [env, flags].flatMap((reading) => ("unknown" in reading ? [reading.unknown] : []));
  return { all: [...options, ...script, ...own], missing: unread.length > 0 ? unread.join("; ") : undefined };
}
