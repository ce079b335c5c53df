/** URL of the module `name` beside the one at `from` (its `import.meta.url`): `.ts` in source, `.js` when built. */
export const moduleBeside = (from: string, name: string): string =>
  new URL(`./${name}${from.endsWith(".ts") ? ".ts" : ".js"}`, from).href;
