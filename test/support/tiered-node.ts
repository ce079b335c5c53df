/** One process of a fleet whose optimizers share a tier: runs what it is sent, and stops at a write where it is told to. */
import { DatabaseOptimizer, type QueryOptions } from "../../src/database/index.ts";
import { SharedWrites } from "../../src/database/tier/shared-writes.ts";

export interface TieredNodeSettings {
  readonly url: string;
  readonly tier: string;
  readonly writeMarkMs?: number;
  /**
   * `held before`: each write waits before it takes effect, when the fleet has been told, for `go on`. `silent after`: once it took
   * effect, nothing more is told, and the write doesn't return.
   */
  readonly writes?: "as they are" | "held before and silent after";
}

export type TieredNodeRequest =
  | { readonly ask: "open"; readonly settings: TieredNodeSettings }
  | {
      readonly ask: "query";
      readonly id: number;
      readonly sql: string;
      readonly params: readonly unknown[];
      readonly options: QueryOptions;
    }
  | { readonly ask: "go on" }
  | { readonly ask: "close" };

export type TieredNodeReply =
  | { readonly told: "opened" | "held" | "took effect" | "closed" }
  | {
      readonly told: "answer";
      readonly id: number;
      readonly rows: readonly Record<string, unknown>[];
      readonly cached: boolean;
      readonly token: string;
    }
  | { readonly told: "failed"; readonly id: number | undefined; readonly what: string };

const goOn = Promise.withResolvers<void>();
let db: DatabaseOptimizer;

const tell = (reply: TieredNodeReply): void => {
  process.send?.(reply);
};

async function open({ url, tier, writeMarkMs = 30_000, writes }: TieredNodeSettings): Promise<void> {
  if (writes === "held before and silent after") {
    const begin = SharedWrites.prototype.begin;
    SharedWrites.prototype.begin = async function (changed) {
      await begin.call(this, changed);
      tell({ told: "held" });
      await goOn.promise;
      return {
        end: async () => {
          tell({ told: "took effect" });
          await new Promise(() => undefined);
        },
      };
    };
  }
  db = new DatabaseOptimizer({ url, tier: { url: tier }, coherence: "tier", writeMarkMs, timeoutMs: 20_000 });
  await db.initialize();
  tell({ told: "opened" });
}

async function serve(request: TieredNodeRequest): Promise<void> {
  if (request.ask === "open") await open(request.settings);
  else if (request.ask === "go on") goOn.resolve();
  else if (request.ask === "query") {
    const { rows, cached } = await db.executeQuery(request.sql, request.params, request.options);
    tell({ told: "answer", id: request.id, rows, cached, token: db.token() });
  } else {
    await db.close();
    tell({ told: "closed" });
    process.disconnect();
  }
}

if (process.send)
  process.on("message", (request: TieredNodeRequest) => {
    serve(request).catch((error: unknown) =>
      tell({ told: "failed", id: "id" in request ? request.id : undefined, what: String(error) }),
    );
  });
