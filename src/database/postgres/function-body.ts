import { thrownText } from "../../thrown-text.ts";
import type { Node, SqlParser } from "./parser.ts";
import { as, isNode, list, strings, text, unwrap } from "./tree-node.ts";

/** The SQL inside a function. */
export interface FunctionBody {
  readonly statements: readonly Node[];
  /** Names were looked up when it was made, and are printed for the session's own search path. */
  readonly bound?: boolean;
  /** What keeps it from being known in full: dynamic SQL, another language, a syntax error. */
  readonly unknown?: string;
  /** May what isn't known change the schema? */
  readonly schema?: boolean;
}

/**
 * @param definition a whole `CREATE FUNCTION`, `CREATE PROCEDURE` or `DO`
 * @returns every statement and expression in it
 */
export function functionBody(parser: SqlParser, definition: string): FunctionBody {
  try {
    const [type, node] = unwrap(parser.statements(definition)[0]) ?? ["", {}];
    const options = list(type === "DoStmt" ? node.args : node.options).map(
      (item) => as("DefElem", item) ?? {},
    );
    const option = (name: string): unknown => options.find((item) => item.defname === name)?.arg;
    const language = text(as("String", option("language"))?.sval) ?? (type === "DoStmt" ? "plpgsql" : "sql");
    if (language === "plpgsql") return plpgsqlBody(parser, definition);
    if (language !== "sql") return { statements: [], unknown: `written in ${language}` };
    if (node.sql_body !== undefined) return { statements: sqlBody(node.sql_body), bound: true };
    const source = strings(as("List", option("as"))?.items)[0];
    return { statements: parser.statements(source ?? "") };
  } catch (error) {
    return {
      statements: [],
      unknown: `can't be parsed: ${thrownText(error)}`,
      schema: changesSchema.test(definition.slice(definition.search(/\bas\b/i))),
    };
  }
}

const changesSchema =
  /\b(?:create|alter|drop|grant|revoke|comment|import|security|reassign|execute|call|do)\b/i;

/** `BEGIN ATOMIC …` is a list of lists of statements, `RETURN x` a single node. */
function sqlBody(value: unknown): Node[] {
  const nested = as("List", value);
  if (nested !== undefined) return list(nested.items).flatMap(sqlBody);
  return isNode(value) ? [value] : [];
}

function plpgsqlBody(parser: SqlParser, definition: string): FunctionBody {
  const statements: Node[] = [];
  let unknown: string | undefined;
  let schema = false;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isNode(value)) return;
    for (const key in value) {
      const field = value[key];
      if (key === "PLpgSQL_expr" && isNode(field))
        statements.push(...expression(parser, text(field.query) ?? "", field.parseMode));
      else visit(field);
      const dynamic = isNode(field) ? dynamicQuery(key, field) : undefined;
      if (dynamic === undefined) continue;
      unknown = "it runs dynamic SQL";
      if (!changesRows.test(dynamic)) schema = true;
    }
  };
  visit(plpgsqlTree(parser, definition));
  return unknown === undefined ? { statements } : { statements, unknown, schema };
}

/**
 * The parser knows no tables and so no row types: it refuses to assign to fields of a variable that isn't declared as
 * a `record`. Such declarations are made one, which changes none of the SQL.
 */
function plpgsqlTree(parser: SqlParser, definition: string): unknown {
  let source = definition.replace(/(?:"[^"]*"|[\w$.\u0080-\uffff])+\s*%\s*rowtype\b/gi, "record");
  for (let previous = ""; ; ) {
    try {
      return parser.plpgsql(source);
    } catch (error) {
      const variable = /^"(\w+)\.\w+" is not a known variable/.exec(thrownText(error))?.[1];
      if (variable === undefined || source === previous) throw error;
      previous = source;
      source = declaredAsRecord(source, variable);
    }
  }
}

function declaredAsRecord(source: string, variable: string): string {
  const body = source.search(/\bbegin\b/i);
  const declaration = new RegExp(
    `(\\b${variable}\\s+(?:constant\\s+)?)(?!constant\\b|alias\\b|record\\b)(?:"[^"]*"|[\\w.])+`,
    "i",
  );
  return source.slice(0, body).replace(declaration, "$1record") + source.slice(body);
}

/** Text of an expression that certainly makes a statement on rows: a literal, or `format` of one. */
const changesRows =
  /^\s*(?:(?:pg_catalog\.)?(?:format|concat)\s*\()?\s*e?'\s*(?:insert|update|delete|select|merge|with|truncate)\b/i;

/** @returns the expression whose text EXECUTE and its like run */
function dynamicQuery(type: string, node: Node): string | undefined {
  const query =
    type === "PLpgSQL_stmt_dynexecute" || type === "PLpgSQL_stmt_dynfors"
      ? node.query
      : type.startsWith("PLpgSQL_stmt_")
        ? node.dynquery
        : undefined;
  return text(as("PLpgSQL_expr", query)?.query);
}

/** `RawParseMode` of PostgreSQL: how an expression's text is meant. */
const parseMode = { statement: 0, type: 1, expression: 2 } as const;

const target =
  /^\s*(?:"[^"]*"|[\w$\u0080-\uffff]+)(?:\s*\.\s*(?:"[^"]*"|[\w$\u0080-\uffff]+)|\s*\[([^[\]]*)\])*\s*:?=/;

function expression(parser: SqlParser, query: string, mode: unknown): readonly Node[] {
  if (mode === parseMode.type) return [];
  if (mode === parseMode.statement || mode === undefined) return parser.statements(query);
  if (mode === parseMode.expression) return parser.statements(`SELECT ${query}`);
  const assigned = target.exec(query);
  if (assigned === null) throw new SyntaxError(`an assignment of another form: ${query}`);
  const subscripts = [...assigned[0].matchAll(/\[([^[\]]*)\]/g)]
    .flatMap(([, inside = ""]) => inside.split(/(?<!:):(?!:)/))
    .map((subscript) => `SELECT ${subscript}`);
  return [`SELECT ${query.slice(assigned[0].length)}`, ...subscripts].flatMap((sql) =>
    parser.statements(sql),
  );
}
