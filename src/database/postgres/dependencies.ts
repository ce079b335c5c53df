import type { Relation } from "./catalogue.ts";
import { ReadColumns } from "./columns.ts";
import { whyVolatile } from "./determinism.ts";
import { type Schema, withAncestors, withDescendants } from "./schema.ts";
import type { ReadSource, StatementTree } from "./statement-names.ts";

/** What the result of a query depends on. */
export interface Dependencies {
  /** Ids of tables and materialized views. */
  readonly tables: ReadonlySet<string>;
  /** By table, the columns that count besides which rows there are; of a missing one, all may. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** Why the result depends on more than their rows, if it does. */
  readonly reason: string | undefined;
}

/** Resolves the relations of a statement, through views, with all that decides whether the result may be cached. */
export function dependencies(root: StatementTree, schema: Schema): Dependencies {
  const tables = new Set<string>();
  const columns = new ReadColumns();
  const views = new Set<Relation>();
  let reason: string | undefined;
  const visit = (tree: StatementTree): void => {
    const sources: (readonly [ReadSource, Relation])[] = [];
    for (const name of tree.reads) {
      const relation = schema.catalogue.relation(name, schema.catalogue.path);
      if (relation === undefined) reason ??= `relation ${name.name} is not known`;
      else if (relation === "system") reason ??= `${name.name} belongs to the server`;
      else sources.push([name, relation]);
    }
    const relations = sources.map(([, relation]) => relation);
    columns.add(tree, sources);
    reason ??= whyVolatile(tree, schema, relations);
    for (const relation of relations) {
      reason ??= whyUncacheable(relation);
      if (relation.kind !== "v") {
        for (const one of withDescendants(relation)) tables.add(one.id);
        // A notice from another process may name only the parent through which it wrote.
        for (const one of withAncestors(relation)) tables.add(one.id);
      } else if (!views.has(relation)) {
        views.add(relation);
        visit(schema.view(relation));
      }
    }
  };
  visit(root);
  return { tables, columns: columns.byTable(), reason };
}

function whyUncacheable(relation: Relation): string | undefined {
  if (relation.rowSecurity) return `${relation.id} has row security`;
  if (relation.persistence === "t") return `${relation.id} is temporary`;
  if (relation.persistence === "u") return `${relation.id} is unlogged: a crash of the server empties it`;
  if (relation.kind === "S") return `${relation.id} is a sequence`;
  const foreign = withDescendants(relation).find((one) => one.kind === "f");
  return foreign === undefined ? undefined : `${foreign.id} is a foreign table`;
}
