import type { Catalogue, Relation } from "./catalogue.ts";
import type { SqlParser } from "./parser.ts";
import { emptyTree, type StatementTree } from "./statement-names.ts";
import { readTree } from "./statement-tree.ts";

/** A catalogue with a parser to read the queries of its views. */
export class Schema {
  readonly catalogue: Catalogue;
  readonly parser: SqlParser;
  readonly #views = new Map<Relation, StatementTree>();

  constructor(catalogue: Catalogue, parser: SqlParser) {
    this.catalogue = catalogue;
    this.parser = parser;
  }

  /** @returns what the query of a view or materialized view names; look it up with the session's own search path */
  view(relation: Relation): StatementTree {
    const tree = this.#views.get(relation) ?? this.#read(relation);
    this.#views.set(relation, tree);
    return tree;
  }

  #read(relation: Relation): StatementTree {
    try {
      return readTree(this.parser.statements(relation.definition ?? "")[0]);
    } catch (error) {
      const reason = `view ${relation.id} can't be parsed: ${error instanceof Error ? error.message : error}`;
      return { ...emptyTree(), uncacheable: reason, unknown: reason };
    }
  }
}

/** @returns the relation and all that inherit from it or are its partitions */
export function withDescendants(relation: Relation): readonly Relation[] {
  return closure(relation, (one) => one.children);
}

/** @returns the relation and all that it inherits from or is a partition of */
export function withAncestors(relation: Relation): readonly Relation[] {
  return closure(relation, (one) => one.parents);
}

function closure(start: Relation, next: (relation: Relation) => readonly Relation[]): readonly Relation[] {
  const found = new Set([start]);
  for (const relation of found) for (const other of next(relation)) found.add(other);
  return [...found];
}
