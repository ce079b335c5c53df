import type { Dispatcher } from "undici";
import type { ResponseHeaders } from "./response.ts";

/** Handlers as undici had them up to version 7, whose `fetch` is the one built into Node 24. */
interface LegacyHandler {
  onConnect?(abort: (reason?: Error) => void, context: unknown): void;
  onUpgrade?(status: number, headers: Buffer[], socket: unknown): void;
  onHeaders?(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean | undefined;
  onData?(chunk: Buffer): boolean | undefined;
  onComplete?(trailers: Buffer[]): void;
  onError?(error: Error): void;
  onBodySent?(chunk: Buffer): void;
  onRequestSent?(): void;
  onResponseStarted?(): void;
}

/** @returns `given`, or a handler of today that tells one of the older kind @internal */
export function currentHandler(given: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  const legacy = given as LegacyHandler;
  const isLegacy = given.onRequestStart === undefined && typeof legacy.onHeaders === "function";
  return isLegacy ? new HandlerOfLegacy(legacy) : given;
}

type Controller = Dispatcher.DispatchController;

class HandlerOfLegacy implements Dispatcher.DispatchHandler {
  readonly #legacy: LegacyHandler;
  #controller: Controller | undefined = undefined;

  constructor(legacy: LegacyHandler) {
    this.#legacy = legacy;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    const isFirst = this.#controller === undefined;
    this.#controller = controller;
    if (!isFirst) return;
    const abort = (reason = new Error("aborted")): void => this.#controller?.abort(reason);
    this.#legacy.onConnect?.(abort, context);
  }

  onRequestUpgrade(
    ...[, status, headers, socket]: Parameters<NonNullable<Dispatcher.DispatchHandler["onRequestUpgrade"]>>
  ): void {
    this.#legacy.onUpgrade?.(status, rawFields(headers), socket);
  }

  onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, statusText = ""): void {
    this.#controller = controller;
    this.#legacy.onResponseStarted?.();
    const resume = (): void => this.#controller?.resume();
    if (this.#legacy.onHeaders?.(status, rawFields(headers), resume, statusText) === false)
      controller.pause();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#legacy.onData?.(chunk) === false) controller.pause();
  }

  onResponseEnd(_controller: Controller, trailers: ResponseHeaders): void {
    this.#legacy.onComplete?.(rawFields(trailers));
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#legacy.onError?.(error);
  }

  onBodySent(chunk: Buffer): void {
    this.#legacy.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#legacy.onRequestSent?.();
  }
}

/** Names and values in turn, as they are on the wire. */
function rawFields(headers: ResponseHeaders | undefined): Buffer[] {
  const raw: Buffer[] = [];
  for (const [name, value] of Object.entries(headers ?? {}))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) raw.push(Buffer.from(name, "latin1"), Buffer.from(each, "latin1"));
  return raw;
}
