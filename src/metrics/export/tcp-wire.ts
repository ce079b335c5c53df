import { connect, type Socket } from "node:net";
import type { PushWire } from "./push-loop.ts";

/** One TCP connection, opened when something is to be sent and kept. What the server says is thrown away. */
export class TcpWire implements PushWire {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  send(bytes: Uint8Array): Promise<void> {
    this.#socket ??= this.#connect();
    const socket = this.#socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let failure: Error | undefined;
    const keepError = (error: Error): void => {
      failure = error;
    };
    const closed = (): void => reject(failure ?? new Error("the connection was closed"));
    socket.once("error", keepError).once("close", closed);
    // Written before it is connected, too: the system gets it when it is.
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    return promise.finally(() => socket.off("error", keepError).off("close", closed));
  }

  reset(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, keepAlive: true });
    const forget = (): void => {
      if (this.#socket === socket) this.#socket = undefined;
    };
    // A server that goes away between two pushes is noticed here, before anything is written to nobody.
    socket.on("error", forget).once("close", forget);
    // One that still has to be written to by then would wait, with all that is in it, for a server that may never read.
    socket.once("end", () => {
      forget();
      socket.destroy();
    });
    socket.unref();
    return socket.resume();
  }
}
