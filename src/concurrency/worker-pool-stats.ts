import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { Labels, MetricSample } from "../metrics/metric.ts";
import { type DurationStats, durationStats } from "./duration-stats.ts";
import type { WorkerCrew } from "./worker-crew.ts";

/** A pool of threads at one moment. Counts run from its construction. */
export interface WorkerPoolStats {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Threads, those that start included. */
  readonly workers: number;
  readonly starting: number;
  /** Threads with a task. */
  readonly busy: number;
  /** Tasks that wait for a thread. */
  readonly queued: number;
  /** Tasks in the hands of a thread: running, next in its turn, or on their way. */
  readonly running: number;
  readonly completed: number;
  /** Tasks that threw, or whose thread ended; not those refused, aborted or out of time. */
  readonly failed: number;
  readonly aborted: number;
  readonly timeouts: number;
  /** Refused, because the queue was full. */
  readonly refused: number;
  /** Runs repeated after a thread had ended. */
  readonly retries: number;
  /** Threads started, and those that ended other than by the pool's wish. */
  readonly started: number;
  readonly crashes: number;
  /** From submission to the answer, less the run: the queue, and the messages both ways. */
  readonly queueDelayMs: DurationStats;
  /** In the thread, from call to settlement. */
  readonly runTimeMs: DurationStats;
  /**
   * Share of the time that the threads' event loops were active, 0–1, over the latest ≥ 100 ms.
   * `undefined` when there is no thread, or not for long enough.
   */
  readonly utilization: number | undefined;
}

/** What a pool counts on its way; times in seconds, the unit of OpenTelemetry. */
export class WorkerPoolCounts {
  readonly queueDelay = new LatencyHistogram();
  readonly runTime = new LatencyHistogram();
  completed = 0;
  failed = 0;
  aborted = 0;
  timeouts = 0;
  refused = 0;
  retries = 0;

  /** @param queued tasks that wait for a thread */
  stats(crew: WorkerCrew, queued: number): WorkerPoolStats {
    const { threads, size, starting, started, crashes } = crew;
    const { completed, failed, aborted, timeouts, refused, retries } = this;
    return {
      ...size,
      workers: threads.length,
      starting,
      busy: threads.filter(({ held }) => held > 0).length,
      queued,
      running: threads.reduce((sum, { held }) => sum + held, 0),
      completed,
      failed,
      aborted,
      timeouts,
      refused,
      retries,
      started,
      crashes,
      queueDelayMs: durationStats(this.queueDelay),
      runTimeMs: durationStats(this.runTime),
      utilization: crew.utilization(),
    };
  }

  *collect(pool: string, stats: WorkerPoolStats): Iterable<MetricSample> {
    const labels: Labels = { "victor.worker_pool.name": pool };
    const sample =
      (type: "counter" | "gauge", unit: string) =>
      (name: string, help: string, value: number, more?: Labels): MetricSample => ({
        type,
        name: `victor.worker_pool.${name}`,
        help,
        unit,
        labels: more === undefined ? labels : { ...labels, ...more },
        value,
      });
    const threads = sample("gauge", "{thread}");
    const idle = stats.workers - stats.starting - stats.busy;
    const states = { starting: stats.starting, busy: stats.busy, idle };
    for (const [state, value] of Object.entries(states))
      yield threads("threads", "Threads in the state that the label says.", value, {
        "victor.worker_pool.state": state,
      });
    yield threads("threads.max", "Most threads allowed.", stats.maxWorkers);
    yield threads("threads.min", "Fewest threads kept.", stats.minWorkers);
    const inHand = sample("gauge", "{task}");
    yield inHand("queued", "Tasks that wait for a thread.", stats.queued);
    yield inHand("running", "Tasks in the hands of a thread.", stats.running);
    if (stats.utilization !== undefined)
      yield sample("gauge", "1")(
        "utilization",
        "Share of the time that the threads were active.",
        stats.utilization,
      );
    const tasks = sample("counter", "{task}");
    const outcomes = {
      completed: stats.completed,
      failed: stats.failed,
      aborted: stats.aborted,
      timeout: stats.timeouts,
      refused: stats.refused,
    };
    for (const [outcome, value] of Object.entries(outcomes))
      yield tasks("tasks", "Tasks that ended as the label says.", value, {
        "victor.worker_pool.outcome": outcome,
      });
    yield tasks("retries", "Runs repeated after a thread had ended.", stats.retries);
    yield sample("counter", "{thread}")("started", "Threads started.", stats.started);
    yield sample("counter", "{thread}")("crashes", "Threads that ended unasked.", stats.crashes);
    const histogram = (name: string, help: string, values: LatencyHistogram): MetricSample => ({
      type: "histogram",
      name: `victor.worker_pool.${name}`,
      help,
      unit: "s",
      labels,
      histogram: values.snapshot(),
    });
    yield histogram("queue_delay", "From submission to the answer, less the run.", this.queueDelay);
    yield histogram("run_time", "Run time in the thread.", this.runTime);
  }
}
