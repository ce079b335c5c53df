import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprint } from "../../../src/database/sql/fingerprint.ts";
import { translatePlaceholders } from "../../../src/database/sql/placeholders.ts";
import { lex } from "../../../src/database/sql/sql-lexer.ts";

const brief = (sql: string): string[] => lex(sql, "mysql").map(({ type, text }) => `${type} ${text}`);

describe("MySQL's SQL", () => {
  test("has comments of three kinds; two dashes alone are none", () => {
    expect(brief("a # b\n c -- d\n e /* f */ 5--1 --")).toEqual([
      "word a",
      "word c",
      "word e",
      "number 5",
      "symbol -",
      "symbol -",
      "number 1",
    ]);
  });

  test("shows what stands in an executable comment", () => {
    expect(brief("SELECT /*!50001 a, */ b /*M!100101 c*/ /*+ hint */")).toEqual([
      "word SELECT",
      "symbol /*!50001",
      "word a",
      "symbol ,",
      "symbol */",
      "word b",
      "symbol /*M!100101",
      "word c",
      "symbol */",
    ]);
  });

  test("escapes quotes by doubling or by a backslash, and names by doubling alone", () => {
    expect(brief("'a\\'b''c' \"d\\\"e\" `f``g\\` x'00' N'h\\'i' _utf8mb4'j'")).toEqual([
      "string 'a\\'b''c'",
      'string "d\\"e"',
      "identifier `f``g\\`",
      "string x'00'",
      "string N'h\\'i'",
      "word _utf8mb4",
      "string 'j'",
    ]);
  });

  test("has names that begin with digits or a dollar, and variables", () => {
    expect(brief("1a 0x1F 1e5 1.5 $b $1 @c @@global.d @`e` := <=>")).toEqual([
      "word 1a",
      "number 0x1F",
      "number 1e5",
      "number 1.5",
      "word $b",
      "placeholder $1",
      "word @c",
      "word @@global",
      "symbol .",
      "word d",
      "identifier @`e`",
      "symbol :=",
      "symbol <=>",
    ]);
  });

  test("is cut into tokens that follow one another, whatever the text", () => {
    const piece = fc.constantFrom(..."'\"`\\@?$/*!#-:=.;() \n".split(""), "/*!", "*/", "--", "a", "1", "ü");
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join("")),
        (sql) => {
          let end = 0;
          for (const token of lex(sql, "mysql")) {
            expect(token.start).toBeGreaterThanOrEqual(end);
            expect(token.end).toBeGreaterThan(token.start);
            expect(token.text).toBe(sql.slice(token.start, token.end));
            end = token.end;
          }
        },
      ),
    );
  });

  test("shows no literal in a fingerprint, in double quotes neither", () => {
    expect(fingerprint("SELECT `a` FROM t WHERE b = 'x\\'y' AND c = \"z\" # d", "mysql")).toBe(
      "select `a` from t where b = ? and c = ?",
    );
  });

  test("takes placeholders by number as well", () => {
    expect(translatePlaceholders("SELECT $2, '$1', $1", "mysql", "?")).toEqual({
      sql: "SELECT ?2, '$1', ?1",
      count: 2,
    });
    expect(() => translatePlaceholders("SELECT ?, $1", "mysql", "?")).toThrow(/mixed/);
  });
});
