import { SharedTierError, type SharedTierFault } from "../../errors.ts";
import { thrownText } from "../../thrown-text.ts";
import type { MemjsModule, MemjsResponse } from "./memjs-module.ts";

/** Of the binary protocol. */
export const opcodes = { get: 0, set: 1, add: 2, delete: 4, noop: 10 } as const;
export type Opcode = keyof typeof opcodes;

/** Of an answer. */
export const statuses = { ok: 0, notFound: 1, exists: 2, notStored: 5 } as const;

/** What a server is asked. */
export interface Command {
  readonly opcode: Opcode;
  readonly name: string;
  readonly value: Uint8Array;
  readonly seconds: number;
  /** Only if the item is still the one that had this number. */
  readonly cas: Buffer | undefined;
}

const nothing = Buffer.alloc(0);
const casAt = 16;
/** Longest flags and expiry. */
const storing = (seconds: number): Buffer => {
  const extras = Buffer.alloc(8);
  extras.writeUInt32BE(seconds, 4);
  return extras;
};

/** @returns the command as it goes to the server; memjs's own calls know no `cas` */
export function requestOf(command: Command, seq: number, { Utils }: MemjsModule): Buffer {
  const { opcode, name, value, seconds, cas } = command;
  const extras = opcode === "set" || opcode === "add" ? storing(seconds) : nothing;
  const request = Utils.makeRequestBuffer(opcodes[opcode], name, extras, value, seq);
  cas?.copy(request, casAt);
  return request;
}

const faults: ReadonlyMap<number, readonly [SharedTierFault, string]> = new Map([
  [0x03, ["full", "takes no value of this size"]],
  [0x08, ["denied", "wants a user name and password"]],
  [0x20, ["denied", "wants a user name and password"]],
  [0x82, ["full", "has no room"]],
  [0x85, ["busy", "is busy"]],
  [0x86, ["unavailable", "has failed for the moment"]],
]);

/** @returns why the answer is none of those that the command may have; `undefined` where it is */
export function faultOf({ header: { status } }: MemjsResponse): SharedTierError | undefined {
  if (status <= statuses.exists || status === statuses.notStored) return undefined;
  const [reason, detail] = faults.get(status) ?? ["protocol", `answered with status ${status}`];
  return new SharedTierError("memcached", reason, detail);
}

const wrongLogin = /authentication/i;

/** What went wrong with a connection, which memjs tells as an error or as a text. */
export function connectionFault(cause: unknown): SharedTierError {
  if (cause instanceof SharedTierError) return cause;
  const text = thrownText(cause);
  const isLogin = wrongLogin.test(text);
  return new SharedTierError(
    "memcached",
    isLogin ? "denied" : "unavailable",
    isLogin ? "refuses the user name and password, or wants them" : "can't be reached, or hung up",
    { cause },
  );
}
