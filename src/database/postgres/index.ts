export { type PostgresCoherence, type PostgresDriverOptions, postgresDriver } from "./driver.ts";
export {
  type InstalledTriggers,
  installNotifyTriggers,
  type NotifyTriggerOptions,
  removeNotifyTriggers,
} from "./notify-triggers.ts";
