import { types } from "node:util";
import { thrownText } from "../thrown-text.ts";

/** An error in a form that structured clone copies without loss. */
export interface PackedError {
  /** The built-in class that it is an instance of. */
  readonly type: string;
  /** `name`, or the class's name where the class didn't set one. */
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own enumerable fields, such as `code`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: PackedThrown;
  /** Of an `AggregateError`. */
  readonly errors?: readonly PackedThrown[];
}

/** A cause can be anything. */
type PackedThrown = { readonly error: PackedError } | { readonly value: unknown };

/** Causes of causes, at most; a circle ends there as well. */
const maxDepth = 8;
const native: Readonly<Record<string, new (message: string) => Error>> = Object.freeze({
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
});
const separate = new Set(["name", "message", "stack", "cause", "errors"]);

/** A value whose prototype can't be looked at is none. */
export function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    return false;
  }
}

/** What was thrown, or an error that tells it. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(thrownText(thrown));
}

/**
 * Fields that can't be copied are left out, except that a function or symbol is told by its text. Never throws: of an
 * error that throws when it is looked at, nothing is left but that it was one.
 */
export function packError(error: Error, depth = 0): PackedError {
  try {
    return pack(error, depth);
  } catch (cause) {
    const message = `an error that can't be looked at: ${thrownText(cause)}`;
    return { type: "Error", name: "Error", message, stack: undefined, fields: {} };
  }
}

function pack(error: Error, depth: number): PackedError {
  const type = typeOf(error);
  const given = error.name;
  const className = error.constructor?.name;
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  return {
    type,
    name: (given === type || typeof given !== "string") && isName(className) ? className : String(given),
    message: String(error.message),
    stack: typeof error.stack === "string" ? error.stack : undefined,
    fields: fieldsOf(error),
    ...(cause !== undefined && { cause: packThrown(cause, depth + 1) }),
    ...(Array.isArray(errors) && { errors: errors.map((inner) => packThrown(inner, depth + 1)) }),
  };
}

/** @returns an error of the built-in class, with the name, message, stack, fields and causes that it had in the thread */
export function unpackError(packed: PackedError): Error {
  const error = create(packed);
  hide(error, "name", packed.name);
  if (packed.stack !== undefined) hide(error, "stack", packed.stack);
  if (packed.cause !== undefined) hide(error, "cause", unpackThrown(packed.cause));
  // Set, a field such as a DOMException's `code` would meet the class's own, which can't be.
  for (const [key, value] of Object.entries(packed.fields))
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true });
  return error;
}

function create({ type, name, message, errors }: PackedError): Error {
  if (type === "DOMException") return new DOMException(message, name);
  if (type === "AggregateError") return new AggregateError((errors ?? []).map(unpackThrown), message);
  const error = new (native[type] ?? Error)(message);
  if (errors !== undefined) hide(error, "errors", errors.map(unpackThrown));
  return error;
}

/** As on errors that were just made, these don't show among the fields. */
function hide(error: Error, key: string, value: unknown): void {
  if ((error as unknown as Record<string, unknown>)[key] === value) return;
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

function typeOf(error: Error): string {
  if (error instanceof DOMException) return "DOMException";
  if (error instanceof AggregateError) return "AggregateError";
  return Object.keys(native).find((type) => error instanceof native[type]!) ?? "Error";
}

function packThrown(thrown: unknown, depth: number): PackedThrown {
  if (!isError(thrown)) return { value: copyable(() => thrown) };
  if (depth > maxDepth) return { value: thrownText(thrown) };
  return { error: packError(thrown, depth) };
}

const unpackThrown = (packed: PackedThrown): unknown =>
  "error" in packed ? unpackError(packed.error) : packed.value;

function fieldsOf(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (separate.has(key)) continue;
    const copy = copyable(() => (error as unknown as Record<string, unknown>)[key]);
    if (copy !== undefined) fields[key] = copy;
  }
  return fields;
}

function copyable(read: () => unknown): unknown {
  try {
    const value = read();
    if (typeof value === "function" || typeof value === "symbol") return String(value);
    return typeof value === "object" && value !== null ? structuredClone(value) : value;
  } catch {
    // It holds something that only lives in its thread, or throws: the rest of the error is worth more than a failure here.
    return undefined;
  }
}

const isName = (value: unknown): value is string => typeof value === "string" && value !== "";
