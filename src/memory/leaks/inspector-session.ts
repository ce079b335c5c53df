import { Session } from "node:inspector";

/**
 * A session of the inspector with this thread, whose answers come at once. Others (a debugger, a profiler) may have theirs at the
 * same time. `close` ends it; what it switched on ends with it.
 */
export class InspectorSession {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
  }

  /** @throws {Error} with V8's message, when it refuses */
  post<T>(method: string, params: object = {}): T {
    let answer: { readonly error: Error | null; readonly result: unknown } | undefined;
    this.#session.post(method, params, (error, result) => {
      answer = { error, result };
    });
    if (answer === undefined) throw new Error(`${method}: no answer`);
    if (answer.error !== null) throw new Error(`${method}: ${answer.error.message}`, { cause: answer.error });
    return answer.result as T;
  }

  close(): void {
    this.#session.disconnect();
  }
}
