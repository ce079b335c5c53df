import { afterAll, beforeAll } from "vitest";
import { type PostgresOptions, type PostgresService, startPostgres } from "./postgres.ts";

/**
 * One PostgreSQL for all tests of a file: started before the first, stopped after the last.
 * Call it at the top of the file, and ask the function it returns inside tests and hooks.
 */
export function usePostgres(options?: PostgresOptions): () => PostgresService {
  let service: PostgresService | undefined;
  beforeAll(async () => {
    service = await startPostgres(options);
  });
  afterAll(async () => {
    await service?.stop();
  });
  return () => {
    if (!service) throw new Error("PostgreSQL runs only inside tests and hooks of this file");
    return service;
  };
}
