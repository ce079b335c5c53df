import type { OptimizationStep } from "../step.ts";
import { measureUndici } from "../undici-requests.ts";

/** Durations of the requests of undici, whichever copies a program loads; their dispatchers are left alone. */
export const undici: OptimizationStep = {
  id: "undici",
  title: "Copies of undici",
  risk: "safe",
  apply(context) {
    let copies = 0;
    context.modules.watch({ id: "undici", path: "/node_modules/undici/index.js" }, () => {
      copies++;
      context.changed();
    });
    const release = measureUndici(context);
    return {
      describe: () => ({
        state: "applied",
        reason: `measured, copies seen: ${copies}; their dispatchers, and which of them is global, are left as they are`,
        changes: ["listens to undici:request:* channels"],
      }),
      undo: release,
    };
  },
};
