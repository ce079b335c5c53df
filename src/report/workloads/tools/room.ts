import type { Room } from "../../workload.ts";
import { firstCallWorkload } from "./first-call-workload.ts";
import { selectionWorkloads } from "./selection-workloads.ts";

/** The tools area: what it costs to choose an agent's tools, with cold, warm and mixed caches, conversations and feedback. */
export const toolsRoom: Room = {
  id: "tools",
  title: "Tool selection",
  about:
    "Which tools of a catalogue a query needs: by words, conversation and feedback, from the cache where it was asked before. " +
    "Everything really ranks, in the process; nothing waits for a network.",
  limits: [
    "Queries and tools are those that come with the toolkit. Hit rates are those of the traffic described, and yours will be others.",
    "A user who has no selector at all puts every tool into the prompt; what that costs in tokens isn't measured here.",
  ],
  async open(context) {
    return {
      workloads: [...selectionWorkloads(context), firstCallWorkload()],
      versions: {},
      close: async () => undefined,
    };
  },
};
