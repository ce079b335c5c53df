import { ProfileTargetError } from "../../errors.ts";

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Evaluated {
  readonly result: { readonly value?: unknown; readonly objectId?: string };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/** An inspector's WebSocket on this machine: requests and their answers. */
export class InspectorConnection {
  readonly #socket: WebSocket;
  readonly #waiters = new Map<number, Waiter>();
  #nextId = 1;
  #closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Message));
    socket.addEventListener("close", () => this.#end());
    socket.addEventListener("error", () => this.#end());
  }

  /**
   * @param url of `webSocketDebuggerUrl`
   * @throws {ProfileTargetError} `connection-lost`, or what `signal` was aborted with
   */
  static async open(url: string, signal: AbortSignal): Promise<InspectorConnection> {
    const socket = new WebSocket(url);
    const stop = (): void => socket.close();
    signal.addEventListener("abort", stop);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener("open", () => resolve(), { once: true });
        socket.addEventListener("close", () => reject(signal.aborted ? signal.reason : lost()), {
          once: true,
        });
        socket.addEventListener("error", () => reject(signal.aborted ? signal.reason : lost()), {
          once: true,
        });
        if (signal.aborted) stop();
      });
    } finally {
      signal.removeEventListener("abort", stop);
    }
    return new InspectorConnection(socket);
  }

  /** @throws {ProfileTargetError} `connection-lost` when the process goes, or refuses */
  async post(method: string, params: object = {}): Promise<unknown> {
    if (this.#closed) throw lost();
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiters.set(id, { resolve, reject }));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return await answer;
  }

  /** Runs an expression in the process, also while its event loop is blocked. @returns its value, which JSON can carry */
  async evaluate(expression: string): Promise<unknown> {
    // `require` is there for the command line alone, and older Nodes have no other way to their own modules.
    const params = { expression, returnByValue: true, includeCommandLineAPI: true };
    return evaluatedValue((await this.post("Runtime.evaluate", params)) as Evaluated);
  }

  /** Runs an expression in the process, and keeps hold of the object that it gives. @returns the handle */
  async hold(expression: string): Promise<string> {
    const params = { expression, includeCommandLineAPI: true };
    const answer = (await this.post("Runtime.evaluate", params)) as Evaluated;
    evaluatedValue(answer);
    return answer.result.objectId ?? "";
  }

  /** Calls a method without arguments of an object that {@link hold} gave. */
  async call(objectId: string, method: string): Promise<unknown> {
    const params = {
      objectId,
      functionDeclaration: `function () { return this[${JSON.stringify(method)}](); }`,
      returnByValue: true,
    };
    return evaluatedValue((await this.post("Runtime.callFunctionOn", params)) as Evaluated);
  }

  close(): void {
    this.#socket.close();
    this.#end();
  }

  #take({ id, result, error }: Message): void {
    const waiter = this.#waiters.get(id ?? 0);
    if (waiter === undefined) return;
    this.#waiters.delete(id ?? 0);
    if (error === undefined) waiter.resolve(result);
    else waiter.reject(new ProfileTargetError("connection-lost", `the inspector refused: ${error.message}`));
  }

  #end(): void {
    this.#closed = true;
    for (const { reject } of this.#waiters.values()) reject(lost());
    this.#waiters.clear();
  }
}

function evaluatedValue({ result, exceptionDetails }: Evaluated): unknown {
  if (exceptionDetails === undefined) return result.value;
  const why = exceptionDetails.exception?.description ?? exceptionDetails.text;
  throw new ProfileTargetError("connection-lost", `the process failed to answer: ${why}`);
}

const lost = (): ProfileTargetError =>
  new ProfileTargetError("connection-lost", "the process ended, or its inspector was closed");
