import type { SharedTierError } from "../../errors.ts";

/** What becomes of the reply to a command. */
export interface ReplyUse<R> {
  kept(reply: unknown): R | PromiseLike<R>;
  /** @returns what stands for it, or throws */
  failed(fault: SharedTierError): R;
}

/** The reply alone is wanted. */
export const asItIs: ReplyUse<unknown> = Object.freeze({
  kept: (reply: unknown) => reply,
  failed: (fault: SharedTierError) => {
    throw fault;
  },
});
