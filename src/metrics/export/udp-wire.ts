import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { type Clock, systemClock } from "../../clock.ts";
import type { PushWire } from "./push-loop.ts";

/** A server that has moved says nothing over UDP, so its name is looked up again this often. */
const reopenMs = 60_000;

/** One connected UDP socket; each `send` is a datagram. Connected, it hears of a closed port on the same machine. */
export class UdpWire implements PushWire {
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;
  #socket: Socket | undefined;
  #failure: Error | undefined;
  #reopenAt = 0;
  #resets = 0;

  constructor(host: string, port: number, clock: Clock = systemClock) {
    this.#host = host;
    this.#port = port;
    this.#clock = clock;
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#clock.now() >= this.#reopenAt) this.reset();
    const failure = this.#failure;
    this.#failure = undefined;
    // Of a datagram before: that nobody listens is heard only after it was sent.
    if (failure) throw failure;
    const socket = this.#socket ?? (await this.#open());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const closed = (): void => reject(new Error("the socket was closed"));
    socket.once("close", closed);
    socket.send(bytes, (error) => (error ? reject(error) : resolve()));
    await promise.finally(() => socket.off("close", closed));
  }

  reset(): void {
    this.#resets++;
    this.#socket?.close();
    this.#socket = undefined;
    this.#failure = undefined;
  }

  async #open(): Promise<Socket> {
    const resets = this.#resets;
    const { address, family } = await lookup(this.#host);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    // What comes from the server is read, so that it doesn't pile up, and thrown away.
    socket.on("message", () => undefined);
    // The callback gets the error, too, which the types don't tell.
    socket.connect(this.#port, address, (error?: Error) => (error ? reject(error) : resolve()));
    socket.unref();
    try {
      await promise;
      // Given up meanwhile: what waited for it must not be sent late.
      if (resets !== this.#resets) throw new Error("the socket was closed");
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.off("error", reject).on("error", (error) => {
      if (this.#socket === socket) this.#failure = error;
    });
    this.#socket = socket;
    this.#reopenAt = this.#clock.now() + reopenMs;
    return socket;
  }
}
