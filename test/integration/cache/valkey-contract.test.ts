import { describe } from "vitest";
import { useService } from "../../services/use-service.ts";
import { startValkey } from "../../services/valkey.ts";
import { testRedisContract } from "../../support/redis-contract.ts";

describe("Valkey", () => {
  const server = useService(() => startValkey());
  testRedisContract(
    () => ({ url: server().url }),
    () => [server()],
    true,
  );
});
