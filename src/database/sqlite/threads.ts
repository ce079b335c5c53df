import type { Clock } from "../../clock.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { ForeignChange } from "./foreign-writes.ts";
import type { ResolvedSqliteOptions } from "./options.ts";
import { ReaderThreads } from "./reader-threads.ts";
import type { Store } from "./store.ts";
import { WriterThread } from "./writer-thread.ts";

/** What works beside the event loop; nothing of it where the database has but one connection. */
export interface Threads {
  readonly readers: ReaderThreads | undefined;
  readonly writerThread: WriterThread | undefined;
  readonly checkpoints: Checkpoints | undefined;
}

/** Prepares the threads of an open database; each starts when it is first needed. */
export function startThreads(
  { threadPath: path, foreign, writer }: Store,
  { busyTimeoutMs, readers, readOnly, pragmas }: ResolvedSqliteOptions,
  clock: Clock,
  takeIn: (change: ForeignChange) => void,
): Threads {
  if (path === undefined) return { readers: undefined, writerThread: undefined, checkpoints: undefined };
  const options = { path, pragmas, clock, busyTimeoutMs };
  const watch = {
    expectCommit: () => takeIn(foreign.expectCommit()),
    committed: () => foreign.committed(),
    settle: (alone: boolean) => takeIn(foreign.settle(alone)),
  };
  const writerThread = readOnly ? undefined : new WriterThread({ ...options, watch });
  // Whoever sets SQLite's own checkpoints has them.
  const checkpoints =
    writerThread !== undefined && pragmas.wal_autocheckpoint === undefined
      ? new Checkpoints(path, writer, writerThread)
      : undefined;
  return { readers: new ReaderThreads({ ...options, threads: readers }), writerThread, checkpoints };
}
