import { roleOf, type SelectContext, textOf } from "./select-context.ts";

/** A text of the conversation that says what the query may mean. */
export interface ContextText {
  readonly text: string;
  /** What its best tool is worth beside the query's best, 0 to 1. */
  readonly weight: number;
}

const actionsWeight = 0.4;
/** Of the user's last message, then of the one before. */
const messageWeights = [0.3, 0.15];
/** What of a message counts: its end, where a long one says what is wanted. */
const longest = 1_000;

/**
 * What of a context counts beside the query: the pending actions, and the user's last two messages (of a history without
 * any, the last message).
 */
export function contextTexts({ history = [], pendingActions = [] }: SelectContext): ContextText[] {
  const texts: ContextText[] = [];
  if (pendingActions.length > 0)
    texts.push({ text: pendingActions.join(" ").slice(-longest), weight: actionsWeight });
  const messages: string[] = [];
  for (let i = history.length - 1; i >= 0 && messages.length < messageWeights.length; i--) {
    const message = history[i]!;
    if (roleOf(message) !== "user") continue;
    const text = textOf(message);
    if (text !== "") messages.push(text);
  }
  const last = history.at(-1);
  if (messages.length === 0 && last !== undefined) messages.push(textOf(last));
  for (const [i, text] of messages.entries())
    texts.push({ text: text.slice(-longest), weight: messageWeights[i] as number });
  return texts;
}
