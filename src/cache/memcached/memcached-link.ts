import type { Socket } from "node:net";
import { type Command, connectionFault, requestOf } from "./memcached-command.ts";
import type { ServerAddress } from "./memcached-options.ts";
import type { MemjsModule, MemjsResponse, MemjsServer } from "./memjs-module.ts";

/** Who is told what happens to a link. Nothing more after `broken`. */
export interface LinkListener {
  /** The server has answered for the first time. */
  up(): void;
  /** It can't be used any more. */
  broken(cause: unknown): void;
}

/** An answer, for one command. */
export type Answered = (response: MemjsResponse) => void;

/** memjs numbers its requests with 32 bits, and trips over the sign. */
const mostRequests = 2 ** 30;

/**
 * One connection by memjs, used once: memjs would keep half an answer of a broken connection and put the next one's behind
 * it, let a late `close` of the old socket take the new one away, and repeat commands. So it is thrown away at the first
 * error, and its own time limits and repetitions are out of the way.
 */
export class MemcachedLink {
  readonly #memjs: MemjsModule;
  readonly #client;
  readonly #server: MemjsServer;
  readonly #listener: LinkListener;
  #socket: Socket | undefined;
  #isBroken = false;
  #isHeld = true;

  constructor(
    memjs: MemjsModule,
    { host, port }: ServerAddress,
    login: { readonly username: string | undefined; readonly password: string | undefined },
    listener: LinkListener,
  ) {
    this.#memjs = memjs;
    this.#listener = listener;
    const options = {
      timeout: 86_400,
      conntimeout: 86_400,
      retries: 1,
      failover: false,
      logger: { log() {} },
    };
    this.#server = new memjs.Server(host, port, undefined, undefined, { ...options });
    // Without this, it takes somebody else's from the environment.
    this.#server.username = login.username;
    this.#server.password = login.password;
    this.#client = new memjs.Client([this.#server], options);
    // Its requests begin with 1; this hears of a connection that breaks while nothing is asked.
    this.#server.onError(0, (error) => this.break(error));
    this.#server.sock(false, (socket) => this.#connected(socket));
  }

  /** Too many requests for one of memjs's clients: to be replaced when nothing is under way. */
  get isWorn(): boolean {
    return this.#client.seq >= mostRequests;
  }

  /** Sends commands, in one write where they fit. */
  send(commands: readonly Command[], answered: readonly Answered[]): void {
    this.#socket?.cork();
    for (const [i, command] of commands.entries()) this.#send(command, answered[i] as Answered);
    this.#socket?.uncork();
  }

  /** Whether somebody waits for an answer, so that the process must not end. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#socket?.ref();
    else this.#socket?.unref();
  }

  /** Ends it, and tells so. */
  break(cause: unknown): void {
    if (this.#isBroken) return;
    this.close();
    this.#listener.broken(connectionFault(cause));
  }

  /** Ends it silently. */
  close(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#socket?.destroy();
    this.#server.error(new Error("the connection was given up"));
  }

  #send(command: Command, answered: Answered): void {
    this.#client.incrSeq();
    const { seq } = this.#client;
    this.#client.perform(command.name, requestOf(command, seq, this.#memjs), seq, (error, response) => {
      if (this.#isBroken) return;
      if (response === null) this.break(error);
      else answered(response);
    });
  }

  #connected(socket: Socket): void {
    if (this.#isBroken) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    // Each command is a write of its own to memjs, and the next would wait until the server has acknowledged the last.
    socket.setNoDelay(true);
    socket.once("close", () => this.break(new Error("the connection was closed")));
    if (!this.#isHeld) socket.unref();
    // The system accepts connections for a server that has stopped; only its answer says that it is there.
    const noop: Command = { opcode: "noop", name: "", value: Buffer.alloc(0), seconds: 0, cas: undefined };
    this.#send(noop, () => this.#listener.up());
  }
}
