import { integer, optionsObject, rejectType } from "../options.ts";

/** A message of a conversation, as chat APIs have them. */
export interface Message {
  /** `user`, `assistant`, `tool`, … */
  readonly role: string;
  /** A text, or parts of any kind, of which those with a `text` count. */
  readonly content?: string | null | readonly (string | object)[] | undefined;
  /** As OpenAI's API has them; not read. */
  readonly name?: unknown;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: unknown;
}

/** What a selection is made for, besides the query. */
export interface SelectContext {
  /** Tools to choose besides the pinned ones, an integer ≥ 1. @default the selector's `k` */
  readonly k?: number | undefined;
  /** The conversation so far, oldest first, without the query. */
  readonly history?: readonly (string | Message)[] | undefined;
  /** What the agent means to do next, in words or as names of tools. */
  readonly pendingActions?: readonly string[] | undefined;
  /** Kind of task, such as `debugging`: tools that did well in tasks of that kind are preferred. */
  readonly taskType?: string | undefined;
}

/** Known keys, in the order of the interface. */
export const contextKeys: readonly string[] = ["k", "history", "pendingActions", "taskType"];

/** @returns role of a message; a plain string counts as the user's */
export function roleOf(message: string | Message): string {
  return typeof message === "string" ? "user" : message.role;
}

/** @returns text of a message @throws {TypeError} when it is none */
export function textOf(message: string | Message): string {
  if (typeof message === "string") return message;
  if (typeof message !== "object" || message === null || typeof message.role !== "string")
    rejectType("history", "strings or messages { role, content }", message);
  const { content } = message;
  if (typeof content === "string") return content;
  if (content === undefined || content === null) return "";
  if (!Array.isArray(content)) rejectType("history", "content that is a text or an array of parts", content);
  return content
    .map((part: string | { readonly text?: unknown } | null) => {
      if (typeof part === "string") return part;
      return typeof part?.text === "string" ? part.text : "";
    })
    .join("\n");
}

/** What most selections are made for. */
export const noContext: SelectContext = Object.freeze({});
/** Tools that may be asked for at once. */
export const largestK = 10_000;

/** @param k the selector's @returns how many tools are asked for @throws {TypeError | RangeError} on a query or a context that is none */
export function checkedCount(query: unknown, context: SelectContext, k: number): number {
  if (typeof query !== "string") rejectType("query", "a string", query);
  if (context === noContext) return k;
  checkContext(context);
  return context.k === undefined ? k : integer("k", context.k, 1, largestK);
}

/** @throws {TypeError} on a context that is none */
export function checkContext(context: unknown): asserts context is SelectContext {
  optionsObject("select", context);
  for (const key in context)
    if (!contextKeys.includes(key))
      throw new TypeError(`select: unknown option "${key}"; known are ${contextKeys.join(", ")}`);
  const { history, pendingActions, taskType } = context as SelectContext;
  if (history !== undefined && !Array.isArray(history)) rejectType("history", "an array", history);
  if (pendingActions !== undefined) {
    if (!Array.isArray(pendingActions)) rejectType("pendingActions", "an array", pendingActions);
    for (const action of pendingActions as unknown[])
      if (typeof action !== "string") rejectType("pendingActions", "strings", action);
  }
  if (taskType !== undefined && typeof taskType !== "string") rejectType("taskType", "a string", taskType);
}

/** @returns what counts of a context, so that nobody can change it */
export function copyOf({ k, history, pendingActions, taskType }: SelectContext): SelectContext {
  return {
    k,
    history: history?.map((message) => ({ role: roleOf(message), content: textOf(message) })),
    pendingActions: pendingActions?.slice(),
    taskType,
  };
}
