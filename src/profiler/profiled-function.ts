import { rejectType } from "../options.ts";
import type { PerformanceProfiler } from "./performance-profiler.ts";
import { type AnyGenerator, profiledGenerator } from "./profiled-generator.ts";
import type { SpanOptions } from "./span.ts";

// biome-ignore lint/suspicious/noExplicitAny: only `any` takes functions of every kind of argument
type AnyFunction = (...args: any[]) => unknown;

/** A standard (TC39) decorator for methods, static and private ones too, getters and setters; and a wrapper of functions. */
export type ProfileDecorator = <F extends AnyFunction>(
  fn: F,
  context?: ClassMethodDecoratorContext | ClassGetterDecoratorContext | ClassSetterDecoratorContext,
) => F;

const kinds = ["method", "getter", "setter"];
const generatorTags = ["GeneratorFunction", "AsyncGeneratorFunction"];

/**
 * @param find whose spans they are, asked at each call; without one the function is just called
 * @throws {TypeError} when `name` is none
 */
export function profiled(
  find: () => PerformanceProfiler | undefined,
  name: string | undefined,
  options: SpanOptions = {},
): ProfileDecorator {
  if (name !== undefined && (typeof name !== "string" || name === "")) rejectType("name", "a name", name);
  if (typeof options === "function")
    rejectType("profile", "options, and the function afterwards: profile(name)(fn)", options);
  return <F extends AnyFunction>(fn: F, context?: DecoratorContext): F => {
    check(fn, context);
    const spanName =
      name ?? (context === undefined ? fn.name || "(anonymous function)" : String(context.name));
    const isGenerator = generatorTags.includes(tagOf(fn));
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      const profiler = find();
      if (profiler === undefined || !profiler.enabled) return Reflect.apply(fn, this, args);
      if (isGenerator) {
        const inner = Reflect.apply(fn, this, args) as AnyGenerator;
        return profiledGenerator(inner, () => profiler.detached(spanName, options));
      }
      return profiler.span(spanName, options, () => Reflect.apply(fn, this, args));
    };
    for (const property of ["name", "length"] as const)
      Object.defineProperty(wrapper, property, { value: fn[property], configurable: true });
    return wrapper as F;
  };
}

function check(fn: unknown, context: unknown): void {
  if (typeof fn !== "function") rejectType("profile", "a function, or a method to decorate", fn);
  const kind = context === undefined ? "function" : (context as Partial<DecoratorContext> | null)?.kind;
  if (context !== undefined && typeof kind !== "string")
    throw new TypeError(
      "profile: expected a standard (TC39) decorator's context, got a legacy decorator's arguments; switch `experimentalDecorators` off",
    );
  const isClass = kind === "class" || /^class\b/.test(Function.prototype.toString.call(fn));
  if (isClass || (context !== undefined && !kinds.includes(kind!)))
    throw new TypeError(
      `profile: expected a function, method, getter or setter, got a ${isClass ? "class" : kind}`,
    );
}

const tagOf = (fn: AnyFunction): string =>
  String((fn as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]);
