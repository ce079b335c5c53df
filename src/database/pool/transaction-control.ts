/** One statement on savepoints, after which the transaction still goes on. */
const savepoint = /^\s*(?:savepoint|release|rollback\s+(?:(?:work|transaction)\s+)?to)\b[^;]*;?\s*$/i;

/**
 * Keeps BEGIN, COMMIT and their like out of plain execution, where they would run on any connection of the pool.
 * @param sql a statement whose facts say that it is of kind `transaction`
 * @throws {TypeError} unless it is a savepoint statement and these are allowed
 */
export function refuseTransactionControl(sql: string, { savepoints }: { savepoints: boolean }): void {
  if (savepoints && savepoint.test(sql)) return;
  const [word = ""] = sql.trim().split(/\s+/, 1);
  throw new TypeError(
    savepoints
      ? `${word}: the transaction is begun and ended by transaction(fn) itself; return to commit, throw to roll back`
      : `${word}: use transaction(fn), which keeps all of a transaction on one connection`,
  );
}

/**
 * Keeps statements out of a transaction that would commit it half-way.
 * @throws {TypeError} always
 */
export function refuseCommit(sql: string): never {
  const words = sql.trim().split(/\s+/, 2).join(" ").toUpperCase();
  throw new TypeError(
    `${words}: this commits what the transaction has done so far, or may: run it outside of transaction(fn)`,
  );
}
