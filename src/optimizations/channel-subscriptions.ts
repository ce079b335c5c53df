const { subscribe, unsubscribe } = process.getBuiltinModule("node:diagnostics_channel");

type Listener = (message: never) => void;

/** Listens to what Node and libraries publish of themselves, until closed. */
export class ChannelSubscriptions {
  readonly #listeners: readonly (readonly [string, (message: unknown) => void])[];

  constructor(listeners: Readonly<Record<string, Listener>>) {
    this.#listeners = Object.entries(listeners).map(([name, listener]) => [name, unfailing(listener)]);
    for (const [name, listener] of this.#listeners) subscribe(name, listener);
  }

  close(): void {
    for (const [name, listener] of this.#listeners) unsubscribe(name, listener);
  }
}

/** Anybody may publish on a channel, and what its listener throws ends the process. */
function unfailing(listener: Listener): (message: unknown) => void {
  return (message) => {
    try {
      listener(message as never);
    } catch {
      // Not what Node and libraries publish: nothing that could be counted.
    }
  };
}

/** An error's code, or its name. */
export function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === "string" && code !== "" ? code : typeof name === "string" ? name : "_OTHER";
}
