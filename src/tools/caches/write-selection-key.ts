import { roleOf, type SelectContext, textOf } from "../select-context.ts";
import type { SelectionKey } from "./selection-key.ts";

/**
 * Writes into `key` all that a selection depends on.
 * @param version of the catalogue @param revision of what else makes cached selections void
 * @returns whether there is a conversation in it
 */
export function writeSelectionKey(
  key: SelectionKey,
  version: number,
  revision: number,
  query: string,
  { history, pendingActions, taskType = "" }: SelectContext,
  k: number,
): boolean {
  key.reset();
  key.number(version);
  key.number(revision);
  key.number(k);
  key.whole(query);
  key.text(taskType);
  const messages = history?.length ?? 0;
  const actions = pendingActions?.length ?? 0;
  if (messages === 0 && actions === 0) return false;
  key.number(messages);
  for (let i = 0; i < messages; i++) {
    const message = history![i]!;
    const text = textOf(message);
    key.glance(roleOf(message));
    // Conversations about the same begin alike; the last messages tell them apart.
    if (i < messages - 2) key.glance(text);
    else key.text(text);
  }
  for (let i = 0; i < actions; i++) key.text(pendingActions![i]!);
  return true;
}
