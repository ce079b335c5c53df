import { afterEach, describe, expect, test, vi } from "vitest";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import { startRedis } from "../../services/redis.ts";
import { useService } from "../../services/use-service.ts";

const tools = [
  { name: "log_search", description: "Searches the log for lines." },
  { name: "web_search", description: "Searches the web for pages." },
  { name: "code_search", description: "Searches the code for symbols." },
];
const query = "search for errors";
const patience = { timeout: 60_000, interval: 20 };

describe("selectors of a fleet on Redis", () => {
  const redis = useService(() => startRedis());
  const opened: ToolSelector[] = [];
  const open = (): ToolSelector => {
    const tier = { url: redis().url };
    const selector = new ToolSelector({ tools, tier, caches: false, sharing: { intervalMs: 50 } });
    opened.push(selector);
    return selector;
  };
  const teach = (selector: ToolSelector, name: string): void => {
    selector.recordOutcome(selector.select(query).id, { used: [name], succeeded: true });
  };

  afterEach(async () => {
    for (const selector of opened.splice(0)) await selector.close();
  });

  test("come to what one node with all feedback would have, also when a node and the server are restarted", async () => {
    const one = new ToolSelector({ tools, caches: false });
    const nodes = [open(), open(), open()];
    const lessons = ["web_search", "code_search", "web_search", "web_search", "log_search", "web_search"];
    for (const [i, name] of lessons.entries()) {
      teach(nodes[i % 3]!, name);
      teach(one, name);
    }
    const agree = () =>
      vi.waitFor(() => {
        for (const node of nodes) expect(node.select(query).tools).toEqual(one.select(query).tools);
      }, patience);
    await agree();
    await nodes[0]!.close();
    nodes[0] = open();
    await agree();
    await redis().kill("SIGKILL");
    teach(nodes[1]!, "code_search");
    teach(one, "code_search");
    await redis().restart();
    await agree();
    expect(nodes[2]!.getStats().fleet!.learning!.damaged).toBe(0);
  });
});
