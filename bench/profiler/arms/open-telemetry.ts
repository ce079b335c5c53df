/**
 * The parts of OpenTelemetry that are measured. Its packages are in bench/package.json and may not be installed when the
 * benchmarks are type-checked, so their types can't be imported.
 */
export interface Tracer {
  startActiveSpan<T>(name: string, fn: (span: { end(): void }) => T): T;
}

interface Api {
  readonly context: { setGlobalContextManager(manager: object): boolean };
}
interface ContextHooks {
  readonly AsyncLocalStorageContextManager: new () => { enable(): object };
}
interface Sdk {
  readonly TracerProvider: new (options: {
    spanProcessors: readonly object[];
  }) => {
    getTracer(name: string): Tracer;
    shutdown(): Promise<void>;
  };
  readonly BatchSpanProcessor: new (options: object) => object;
}

/** A name that the compiler doesn't look up. */
const load = async <T>(specifier: string): Promise<T> => (await import(specifier)) as T;

/** @param isExported spans go through the batch processor, as in production, to an exporter that drops them */
export async function openTelemetryTracer(isExported: boolean) {
  const { context } = await load<Api>("@opentelemetry/api");
  const { AsyncLocalStorageContextManager } = await load<ContextHooks>("@opentelemetry/context-async-hooks");
  const sdk = await load<Sdk>("@opentelemetry/sdk-trace");
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = {
    export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
    shutdown: () => Promise.resolve(),
  };
  const spanProcessors = isExported ? [new sdk.BatchSpanProcessor({ exporter })] : [];
  const provider = new sdk.TracerProvider({ spanProcessors });
  return { tracer: provider.getTracer("bench"), close: () => provider.shutdown() };
}
