import type { FunctionDefinition } from "./worker-protocol.ts";

type Call = (...args: readonly unknown[]) => unknown;

/** A function in a thread: made when it is first called, and then kept. */
export interface LoadedFunction {
  /** `undefined` until it has been loaded. */
  readonly call: Call | undefined;
  /** A failure is not kept: the next task tries again. */
  load(): Promise<Call>;
}

export function loadedFunction(definition: FunctionDefinition): LoadedFunction {
  let call: Call | undefined;
  return {
    get call() {
      return call;
    },
    async load() {
      call = "source" in definition ? compiled(definition.source) : await imported(definition);
      return call;
    },
  };
}

function compiled(source: string): Call {
  // A `Script` of `node:vm` can't import without a flag or a warning; evaluated text can, as this module would.
  // biome-ignore lint/security/noGlobalEval: the text is that of a function of this program
  // biome-ignore lint/complexity/noCommaOperator: a direct call would see the variables of this module
  return (0, eval)(`(${source}\n)`) as Call;
}

async function imported({ url, exportName }: { url: string; exportName: string }): Promise<Call> {
  const module = (await import(url)) as Record<string, unknown>;
  const found = module[exportName];
  if (typeof found === "function") return found as Call;
  // A CommonJS module's exports are its default export.
  const inner = (module.default as Record<string, unknown> | undefined)?.[exportName];
  if (typeof inner === "function") return inner as Call;
  throw new TypeError(
    `expected its export ${JSON.stringify(exportName)} to be a function, got ${typeof found}`,
  );
}
