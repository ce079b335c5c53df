/** Looks for leaks in one module of the corpus, in this process: `node leak-case-process.ts FILE EXPORT [OPTIONS]`. */
import { pathToFileURL } from "node:url";
import { detectLeaks } from "../../src/memory/leaks/detect-leaks.ts";

const [file, variant, options = "{}"] = process.argv.slice(2) as [string, string, string?];
const module = await import(pathToFileURL(file).href);
const operation = await module[variant]();
const report = await detectLeaks({
  operation,
  retainingPaths: true,
  ...JSON.parse(options),
  ...module.options,
});
process.stdout.write(JSON.stringify(report));
