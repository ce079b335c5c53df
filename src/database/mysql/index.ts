export { type MysqlCoherence, type MysqlDriverOptions, mysqlDriver } from "./driver.ts";
export type { MysqlTls } from "./mysql-client.ts";
