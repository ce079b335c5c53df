import { pureFunction, type Relation } from "./catalogue.ts";
import { implicitOperators } from "./effects.ts";
import type { Schema } from "./schema.ts";
import type { Name, StatementTree } from "./statement-names.ts";

/** Date and time types with their arrays: a cast between them reads no text. */
const timeTypeOids: ReadonlySet<number> = new Set([
  1082, 1083, 1114, 1184, 1186, 1266, 1115, 1182, 1183, 1185, 1187, 1270,
]);

/**
 * Why the result of a query may differ although no table that it reads has changed.
 * What session settings decide (time zone, date style, …) doesn't count: they are equal on all pooled connections.
 * @param relations those that the query names, as far as they exist
 * @returns `undefined` when it can't
 */
export function whyVolatile(
  tree: StatementTree,
  schema: Schema,
  relations: readonly Relation[],
): string | undefined {
  const { catalogue } = schema;
  const { path } = catalogue;
  if (tree.uncacheable !== undefined) return tree.uncacheable;
  for (const use of tree.functions) {
    const { builtin, user } = catalogue.functions(use, use.args, path);
    const name = shown(use);
    if (builtin.length + user.length === 0) return `function ${name} is not known`;
    if (builtin.some(([volatility]) => volatility !== "i")) return `function ${name} is not IMMUTABLE`;
    if (!user.every(pureFunction)) return `function ${name} is user-defined`;
  }
  for (const name of tree.attributes) {
    if (!catalogue.rowFunctions(name, path).every(pureFunction))
      return `.${name} may call a user-defined function`;
    if (catalogue.builtinRowFunction(name)) return `.${name} may call a function that is not IMMUTABLE`;
  }
  for (const name of [...implicitOperators, ...tree.operators])
    if (catalogue.operatorFunctions(name, path).length > 0) return `operator ${shown(name)} is user-defined`;
  for (const name of tree.types) {
    if (/^_?reg/.test(name.name)) return `a cast to ${name.name} reads the catalogue`;
    if (!catalogue.plainType(name, path)) return `type ${shown(name)} is user-defined`;
  }
  for (const { function: oid, implicit } of catalogue.casts) {
    if (!implicit && tree.types.length === 0) continue;
    const routine = catalogue.function(oid);
    if (routine === undefined || !pureFunction(routine)) return "there are user-defined casts";
  }
  for (const column of tree.timeCasts)
    if (tree.derived || !holdsTime(column, relations))
      return `text in ${column} may stand for the current time`;
  return undefined;
}

function holdsTime(column: string, relations: readonly Relation[]): boolean {
  const types = relations.flatMap((relation) => relation.columns.filter(([name]) => name === column));
  return types.length > 0 && types.every(([, type]) => timeTypeOids.has(type));
}

const shown = (name: Name): string => (name.schema === undefined ? name.name : `${name.schema}.${name.name}`);
