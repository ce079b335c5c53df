export {
  type ActiveAlert,
  AlertMonitor,
  type AlertMonitorOptions,
  type AlertStats,
} from "./alert-monitor.ts";
export type { DeliveryStats } from "./delivery.ts";
export { knownDegradations } from "./known-degradations.ts";
export { type AlertNotification, type AlertSink, notificationText } from "./notification.ts";
export {
  type AbsenceRule,
  type AlertRule,
  type BurnRateRule,
  type BurnWindow,
  type CountSelector,
  type DegradationRule,
  type MetricSelector,
  type RatioRule,
  type Severity,
  type ThresholdRule,
  workbookWindows,
} from "./rule.ts";
export { checkedRules } from "./rule-checks.ts";
export { eventSink } from "./sinks/event-sink.ts";
export { type LogSinkOptions, logSink } from "./sinks/log-sink.ts";
export { signWebhook, verifyWebhook, type WebhookRequest } from "./sinks/webhook-signature.ts";
export { type WebhookSinkOptions, webhookSink } from "./sinks/webhook-sink.ts";
