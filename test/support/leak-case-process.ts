/** Looks for leaks in one case of the corpus, in this process: `node leak-case-process.ts FILE leak|control [OPTIONS]`. */
import { pathToFileURL } from "node:url";
import { detectLeaks } from "../../src/memory/leaks/detect-leaks.ts";

const [file, variant, options = "{}"] = process.argv.slice(2) as [string, "leak" | "control", string?];
const module = await import(pathToFileURL(file).href);
const operation = await module[variant]();
const report = await detectLeaks({ operation, retainingPaths: true, ...module.options, ...JSON.parse(options) });
process.stdout.write(JSON.stringify(report));
