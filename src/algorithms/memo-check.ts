import type { ArgumentNode } from "./argument-trie.ts";
import type { Memo } from "./memo.ts";
import type { TruthCheck } from "./truth-check.ts";

/**
 * Gives a kept result, and has it held against the function when that is due. A call that is joined while it is under way
 * is no kept result, and never checked.
 * @param node one that is fresh, of this list
 * @param name of the function
 * @param call runs the function as the caller would
 */
export function useChecked(
  memo: Memo,
  node: ArgumentNode,
  list: readonly unknown[],
  truth: TruthCheck,
  name: string,
  call: () => unknown,
): unknown {
  const kept = memo.use(node);
  if (node.flight !== undefined || !truth.isDue()) return kept;
  const { slot } = node;
  const check = (value: unknown): void =>
    truth.check({
      value,
      key: `${name} ${slot}`,
      reload: call,
      // A node that was cleared away knows nothing of it.
      isStillCurrent: () =>
        memo.root.find(list) === node && node.slot === slot && node.value === kept && memo.isFresh(node),
    });
  if (kept instanceof Promise) void kept.then(check);
  else check(kept);
  return kept;
}
