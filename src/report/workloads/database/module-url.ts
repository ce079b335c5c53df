/** URL of a module beside this file: `.ts` in source, `.js` when built. */
export const armModule = (name: string): string =>
  new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;
