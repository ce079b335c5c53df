import type { ComponentDefinition, ComponentStats } from "../../src/algorithms/lazy-component.ts";
import {
  LazyComponentLoader,
  type LazyComponentLoaderOptions,
} from "../../src/algorithms/lazy-component-loader.ts";

/** A loader whose components note what is done to them. */
export function recordingLoader(options: LazyComponentLoaderOptions = {}) {
  const loader = new LazyComponentLoader(options);
  const log: string[] = [];
  const add = (name: string, definition: Partial<ComponentDefinition<unknown>> = {}) =>
    loader.register(name, {
      load: () => {
        log.push(`+${name}`);
        return `<${name}>`;
      },
      unload: (component) => {
        log.push(`-${String(component).slice(1, -1)}`);
      },
      ...definition,
    });
  return { loader, log, add };
}

export const statsOf = (loader: LazyComponentLoader, name: string): ComponentStats =>
  loader.stats().find((each) => each.name === name)!;
