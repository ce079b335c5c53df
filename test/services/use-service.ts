import { afterAll, beforeAll } from "vitest";

/**
 * One server for all tests of a file: started before the first, stopped after the last.
 * Call it at the top of the file, and ask the function it returns inside tests and hooks.
 */
export function useService<T extends AsyncDisposable>(start: () => Promise<T>): () => T {
  let service: T | undefined;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!service) throw new Error("the server runs only inside tests and hooks of this file");
    return service;
  };
}
