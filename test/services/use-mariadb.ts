import { afterAll, beforeAll } from "vitest";
import { type MariadbOptions, type MariadbService, startMariadb } from "./mariadb.ts";

/**
 * One MariaDB for all tests of a file: started before the first, stopped after the last.
 * Call it at the top of the file, and ask the function it returns inside tests and hooks.
 */
export function useMariadb(options?: MariadbOptions): () => MariadbService {
  let service: MariadbService | undefined;
  beforeAll(async () => {
    service = await startMariadb(options);
  });
  afterAll(async () => {
    await service?.stop();
  });
  return () => {
    if (!service) throw new Error("MariaDB runs only inside tests and hooks of this file");
    return service;
  };
}
