import { lex } from "../sql/sql-lexer.ts";
import type { StatementFacts } from "../statement-facts.ts";
import type { SqliteStatement } from "./connection.ts";
import { countParameters } from "./parameters.ts";
import { Placement } from "./placement.ts";
import { classify, requireOneStatement, type StatementClass } from "./statement-kind.ts";

/** All that the engine remembers of one SQL text. */
export class StatementPlan {
  readonly sql: string;
  readonly form: StatementClass;
  readonly parameterCount: number;
  /** Where a single run belongs. */
  readonly placement: Placement;
  /** Where a batch belongs. */
  readonly batchPlacement: Placement;
  /** Void when `factsVersion` is not the engine's. */
  facts: StatementFacts | undefined;
  factsVersion = -1;
  /** Prepared on the connection for reads. */
  forReading: SqliteStatement | undefined;
  /** Prepared on the connection for writes. */
  forWriting: SqliteStatement | undefined;

  /** @throws {TypeError} for several statements, none, or named placeholders */
  constructor(sql: string, budgetMs: number) {
    if (typeof sql !== "string") throw new TypeError(`sql: expected a statement's text, got ${typeof sql}`);
    const tokens = lex(sql, "sqlite");
    requireOneStatement(tokens);
    this.sql = sql;
    this.form = classify(tokens);
    this.parameterCount = countParameters(tokens);
    this.placement = new Placement(budgetMs);
    this.batchPlacement = new Placement(budgetMs);
  }

  forgetStatements(): void {
    this.forReading = undefined;
    this.forWriting = undefined;
  }
}
