import { thrownText } from "./thrown-text.ts";

/**
 * Base of every error that the toolkit itself raises. Match on `code`, which is stable; messages may change.
 * A driver's own error (an SQL error, say) is passed on as it is, with the driver's code and position.
 * A caller's mistake in an argument is a plain `TypeError` or `RangeError`.
 * All are in this one file, however long, so that the list of codes in `docs/errors.md` can be held against it.
 */
export class VictorError extends Error {
  override readonly name: string = "VictorError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `VICTOR_CLOSED`: something was asked of a part that has been closed. */
export class ClosedError extends VictorError {
  override readonly name = "ClosedError";
  constructor(what: string) {
    super("VICTOR_CLOSED", `${what} is closed; create a new one, or close it after its last use`);
  }
}

/** `VICTOR_DEADLINE`: an operation's absolute deadline passed. `step` says where the time went. */
export class DeadlineError extends VictorError {
  override readonly name = "DeadlineError";
  readonly step: string;
  readonly timeoutMs: number;
  constructor(step: string, timeoutMs: number, options?: ErrorOptions) {
    super("VICTOR_DEADLINE", `${step}: not done within ${timeoutMs} ms`, options);
    this.step = step;
    this.timeoutMs = timeoutMs;
  }
}

/** `VICTOR_POOL_TIMEOUT`: no connection became free, or none could be opened (`cause`), before the deadline. */
export class PoolTimeoutError extends VictorError {
  override readonly name = "PoolTimeoutError";
  readonly pool: string;
  /** Milliseconds that the caller waited. */
  readonly waitedMs: number;
  /** The pool's `maxSize`. */
  readonly limit: number;
  constructor(pool: string, waitedMs: number, limit: number, options?: ErrorOptions) {
    super(
      "VICTOR_POOL_TIMEOUT",
      `pool ${pool}: no connection within ${Math.round(waitedMs)} ms (limit ${limit} connections)`,
      options,
    );
    this.pool = pool;
    this.waitedMs = waitedMs;
    this.limit = limit;
  }
}

/** `VICTOR_POOL_QUEUE_FULL`: as many callers wait for a connection as the pool allows. */
export class PoolQueueFullError extends VictorError {
  override readonly name = "PoolQueueFullError";
  readonly pool: string;
  readonly queueLimit: number;
  constructor(pool: string, queueLimit: number) {
    super("VICTOR_POOL_QUEUE_FULL", `pool ${pool}: ${queueLimit} callers already wait for a connection`);
    this.pool = pool;
    this.queueLimit = queueLimit;
  }
}

/** `VICTOR_UNKNOWN_SCHEME`: a database URL of a kind that no driver here speaks. */
export class UnknownSchemeError extends VictorError {
  override readonly name = "UnknownSchemeError";
  readonly scheme: string;
  constructor(scheme: string, known: readonly string[]) {
    super(
      "VICTOR_UNKNOWN_SCHEME",
      `unknown URL scheme "${scheme}:"; known are ${known.map((k) => `${k}:`).join(", ")}`,
    );
    this.scheme = scheme;
  }
}

/** `VICTOR_MISSING_DRIVER`: an optional peer package is needed and not installed. */
export class MissingDriverError extends VictorError {
  override readonly name = "MissingDriverError";
  readonly packageName: string;
  constructor(packageName: string, what: string, options?: ErrorOptions) {
    super(
      "VICTOR_MISSING_DRIVER",
      `${what} needs the package "${packageName}": npm install ${packageName}`,
      options,
    );
    this.packageName = packageName;
  }
}

/** `VICTOR_PARAMETER_COUNT`: a statement has another number of placeholders than parameters were given. */
export class ParameterCountError extends VictorError {
  override readonly name = "ParameterCountError";
  readonly expected: number;
  readonly received: number;
  constructor(expected: number, received: number, where = "the statement") {
    super(
      "VICTOR_PARAMETER_COUNT",
      `${where} has ${expected} placeholders, but ${received} parameters were given`,
    );
    this.expected = expected;
    this.received = received;
  }
}

/** `VICTOR_BATCH`: one row of a batch failed, so none of it was kept. `cause` is the driver's error. */
export class BatchError extends VictorError {
  override readonly name = "BatchError";
  /** Index into the rows given, from 0; `undefined` where the engine doesn't tell. */
  readonly row: number | undefined;
  constructor(row: number | undefined, options: ErrorOptions) {
    super(
      "VICTOR_BATCH",
      `batch rolled back: ${row === undefined ? "a row" : `row ${row}`} failed: ${messageOf(options)}`,
      options,
    );
    this.row = row;
  }
}

/** `VICTOR_ROLLED_BACK`: a transaction was to be committed in which a statement had failed, so the server undid it. */
export class RolledBackError extends VictorError {
  override readonly name = "RolledBackError";
  constructor() {
    super(
      "VICTOR_ROLLED_BACK",
      "commit: rolled back, because a statement of the transaction had failed and its error was caught; " +
        "let the error out, or put a savepoint before what may fail",
    );
  }
}

/** `VICTOR_CONNECTION_LOST`: the connection broke while a statement ran on it. */
export class ConnectionLostError extends VictorError {
  override readonly name = "ConnectionLostError";
  /** True when a commit was under way, so that nobody knows whether it took effect; it is treated as committed. */
  readonly outcomeUnknown: boolean;
  constructor(message: string, outcomeUnknown: boolean, options?: ErrorOptions) {
    super("VICTOR_CONNECTION_LOST", message, options);
    this.outcomeUnknown = outcomeUnknown;
  }
}

/** `VICTOR_ARM`: an arm of a measurement threw, exited or hung, so there is nothing to compare. */
export class ArmError extends VictorError {
  override readonly name = "ArmError";
  /** The arm's name. */
  readonly arm: string;
  /** What it was asked for: `start`, `setup`, `round` or `finish`. */
  readonly step: string;
  constructor(arm: string, step: string, why: string, options?: ErrorOptions) {
    super("VICTOR_ARM", `arm ${arm}: ${step}: ${why}`, options);
    this.arm = arm;
    this.step = step;
  }
}

/** `VICTOR_COHERENCE_UNAVAILABLE`: the chosen way to learn of others' writes can't work over this connection. */
export class CoherenceUnavailableError extends VictorError {
  override readonly name = "CoherenceUnavailableError";
  constructor(message: string, options?: ErrorOptions) {
    super("VICTOR_COHERENCE_UNAVAILABLE", message, options);
  }
}

/** `VICTOR_NAME_TAKEN`: an optimizer has a cache, or a filter, of that name already. */
export class NameTakenError extends VictorError {
  override readonly name = "NameTakenError";
  readonly kind: "cache" | "filter" | "pool";
  /** The name that was asked for. */
  readonly takenName: string;
  constructor(kind: "cache" | "filter" | "pool", takenName: string) {
    const method = { cache: "Cache", filter: "BloomFilter", pool: "Pool" }[kind];
    super(
      "VICTOR_NAME_TAKEN",
      `there is a ${kind} named ${JSON.stringify(takenName)} already: get${method} gives it, remove${method} frees its name`,
    );
    this.kind = kind;
    this.takenName = takenName;
  }
}

/** `VICTOR_FILTER_FORMAT`: bytes that are no filter, or a damaged one, or of a version or kind that isn't known here. */
export class FilterFormatError extends VictorError {
  override readonly name = "FilterFormatError";
  constructor(why: string) {
    super("VICTOR_FILTER_FORMAT", `filter: ${why}`);
  }
}

/** `VICTOR_FILTER_MISMATCH`: two filters that can't be united, since they differ in size, rate or seed. */
export class FilterMismatchError extends VictorError {
  override readonly name = "FilterMismatchError";
  constructor(what: string, own: number, other: number) {
    super("VICTOR_FILTER_MISMATCH", `union: expected filters of the same ${what}, got ${own} and ${other}`);
  }
}

/** `VICTOR_FILTER_BUILD`: no filter could be built for these items in many tries, which doesn't happen by chance. */
export class FilterBuildError extends VictorError {
  override readonly name = "FilterBuildError";
  constructor(tries: number) {
    super(
      "VICTOR_FILTER_BUILD",
      `binary fuse filter: no arrangement found in ${tries} tries; take another seed`,
    );
  }
}

/** `VICTOR_DEPENDENCY_CYCLE`: a lazy value or a component needs itself, directly or through others. */
export class DependencyCycleError extends VictorError {
  override readonly name = "DependencyCycleError";
  /** Names in the order of need; the first is the last. */
  readonly cycle: readonly string[];
  constructor(cycle: readonly string[]) {
    super("VICTOR_DEPENDENCY_CYCLE", `${cycle[0]} needs itself: ${cycle.join(" → ")}`);
    this.cycle = cycle;
  }
}

/** `VICTOR_UNKNOWN_COMPONENT`: a component was asked for that isn't registered. */
export class UnknownComponentError extends VictorError {
  override readonly name = "UnknownComponentError";
  readonly component: string;
  /** The component that depends on it; `undefined` when a caller asked. */
  readonly neededBy: string | undefined;
  constructor(component: string, neededBy?: string) {
    const by = neededBy === undefined ? "" : `, needed by ${neededBy},`;
    super("VICTOR_UNKNOWN_COMPONENT", `component ${component}${by} is not registered`);
    this.component = component;
    this.neededBy = neededBy;
  }
}

/** `VICTOR_COMPONENT_LOAD`: a component's `load` failed with `cause`. Nothing is kept; the next call tries again. */
export class ComponentLoadError extends VictorError {
  override readonly name = "ComponentLoadError";
  readonly component: string;
  constructor(component: string, options: ErrorOptions) {
    super("VICTOR_COMPONENT_LOAD", `component ${component} failed to load: ${messageOf(options)}`, options);
    this.component = component;
  }
}

/** `VICTOR_COMPONENT_UNLOAD`: a component's `unload` failed with `cause`. It counts as unloaded. */
export class ComponentUnloadError extends VictorError {
  override readonly name = "ComponentUnloadError";
  readonly component: string;
  constructor(component: string, options: ErrorOptions) {
    super(
      "VICTOR_COMPONENT_UNLOAD",
      `component ${component} failed to unload: ${messageOf(options)}`,
      options,
    );
    this.component = component;
  }
}

/** One thing that failed while tasks ran side by side. */
export interface TaskFailure {
  /** `task`: the task itself; `input`: what the tasks came from; `onProgress`: the caller's own callback. */
  readonly part: "task" | "input" | "onProgress";
  /** From 0: of the task, of the one that the input failed to give, or of the one that was being reported. */
  readonly index: number;
  readonly error: unknown;
}

/** `VICTOR_PARALLEL_TASK`: of several tasks, one failed with `cause`, and perhaps others too. */
export class ParallelTaskError extends VictorError {
  override readonly name = "ParallelTaskError";
  readonly part: TaskFailure["part"];
  /** Of the task that ended it all, or else failed first, from 0; for other parts see {@link TaskFailure}. */
  readonly index: number;
  /** Tasks that had succeeded when all had come to rest. */
  readonly done: number;
  /** What else failed, in order of time. */
  readonly errors: readonly TaskFailure[];
  constructor(first: TaskFailure, done: number, errors: readonly TaskFailure[]) {
    const { part, index, error } = first;
    const what = part === "task" ? `task ${index} failed` : `${part} failed at task ${index}`;
    const more = errors.length > 0 ? `, ${errors.length} more failed` : "";
    super("VICTOR_PARALLEL_TASK", `${what}: ${messageOf({ cause: error })} (${done} done${more})`, {
      cause: error,
    });
    this.part = part;
    this.index = index;
    this.done = done;
    this.errors = errors;
  }
}

/** `VICTOR_CIRCUIT_OPEN`: a circuit breaker refused a call, since the calls before it failed. */
export class CircuitOpenError extends VictorError {
  override readonly name = "CircuitOpenError";
  readonly circuit: string;
  /** Milliseconds until a call may be let through as a probe; `Infinity` while forced open. */
  readonly retryAfterMs: number;
  constructor(circuit: string, retryAfterMs: number) {
    const when = Number.isFinite(retryAfterMs)
      ? `; try again in ${Math.ceil(retryAfterMs)} ms`
      : ", by force";
    super("VICTOR_CIRCUIT_OPEN", `circuit ${circuit} is open${when}`);
    this.circuit = circuit;
    this.retryAfterMs = retryAfterMs;
  }
}

const messageOf = ({ cause }: ErrorOptions): string => thrownText(cause);

/** Why a semaphore turned a caller away. */
export type LimitReason =
  /** As many wait already as may. */
  | "queue-full"
  /** It waited longer than the semaphore lets anyone wait. */
  | "queue-delay"
  /** Its own deadline passed. */
  | "deadline";

/** `VICTOR_LIMIT_EXCEEDED`: a semaphore gave no permit, because too much is going on for its limit. */
export class LimitExceededError extends VictorError {
  override readonly name = "LimitExceededError";
  /** The semaphore's name. */
  readonly semaphore: string;
  readonly reason: LimitReason;
  /** Its limit at that moment. */
  readonly limit: number;
  /** Milliseconds that the caller waited. */
  readonly waitedMs: number;
  constructor(semaphore: string, reason: LimitReason, limit: number, waitedMs: number) {
    super(
      "VICTOR_LIMIT_EXCEEDED",
      `semaphore ${semaphore}: ${reason} after ${Math.round(waitedMs)} ms (limit ${limit})`,
    );
    this.semaphore = semaphore;
    this.reason = reason;
    this.limit = limit;
    this.waitedMs = waitedMs;
  }
}

/** `VICTOR_PERMIT_RELEASED`: a permit was released that had been released before. Nothing was given back twice. */
export class PermitReleasedError extends VictorError {
  override readonly name = "PermitReleasedError";
  constructor() {
    super("VICTOR_PERMIT_RELEASED", "permit: released already; release it once, or let `using` do it");
  }
}

/**
 * `VICTOR_WORKER_CRASHED`: the thread that had a task ended before it answered: an uncaught exception (`cause`),
 * `process.exit`, or too little memory.
 */
export class WorkerCrashedError extends VictorError {
  override readonly name = "WorkerCrashedError";
  readonly pool: string;
  /** Had the task begun? When not, it had no effect. */
  readonly started: boolean;
  /** Of the thread; `undefined` when it couldn't be started at all. */
  readonly exitCode: number | undefined;
  /** Threads that ended under this task, ≥ 1. */
  readonly attempts: number;
  constructor(
    pool: string,
    at: { readonly started: boolean; readonly exitCode: number | undefined; readonly attempts: number },
    options?: ErrorOptions,
  ) {
    const how = at.exitCode === undefined ? "could not start" : `ended with code ${at.exitCode}`;
    const why = options?.cause === undefined ? "" : `: ${messageOf(options)}`;
    super(
      "VICTOR_WORKER_CRASHED",
      `pool ${pool}: the thread ${how} ${at.started ? "while it ran the task" : "before the task began"}${why}`,
      options,
    );
    this.pool = pool;
    this.started = at.started;
    this.exitCode = at.exitCode;
    this.attempts = at.attempts;
  }
}

/** `VICTOR_WORKER_QUEUE_FULL`: as many tasks wait for a thread as the pool allows. */
export class WorkerQueueFullError extends VictorError {
  override readonly name = "WorkerQueueFullError";
  readonly pool: string;
  readonly queueLimit: number;
  constructor(pool: string, queueLimit: number) {
    super("VICTOR_WORKER_QUEUE_FULL", `pool ${pool}: ${queueLimit} tasks already wait for a thread`);
    this.pool = pool;
    this.queueLimit = queueLimit;
  }
}

/** `VICTOR_WORKER_LOAD`: the thread found no function to call: no such file, no such export, or it failed to load (`cause`). */
export class WorkerLoadError extends VictorError {
  override readonly name = "WorkerLoadError";
  /** URL of the file, or the function's name. */
  readonly source: string;
  constructor(source: string, options: ErrorOptions) {
    super("VICTOR_WORKER_LOAD", `${source}: can't be called in a thread: ${messageOf(options)}`, options);
    this.source = source;
  }
}

/** `VICTOR_WORKER_CLONE`: structured clone can't copy what should go to or come from the thread (`cause`). */
export class WorkerCloneError extends VictorError {
  override readonly name = "WorkerCloneError";
  /** With `"result"` and `"thrown value"` the task has run. */
  readonly what: "arguments" | "result" | "thrown value";
  constructor(what: "arguments" | "result" | "thrown value", options: ErrorOptions) {
    super("VICTOR_WORKER_CLONE", `${what} of a worker task: ${messageOf(options)}`, options);
    this.what = what;
  }
}

/** `VICTOR_RING_RECORD_SIZE`: a record is longer than the ring takes. Nothing was put in. */
export class RingRecordSizeError extends VictorError {
  override readonly name = "RingRecordSizeError";
  readonly sizeBytes: number;
  readonly maxRecordBytes: number;
  constructor(sizeBytes: number, maxRecordBytes: number) {
    super(
      "VICTOR_RING_RECORD_SIZE",
      `ring: a record of ${sizeBytes} bytes is too long; it takes ${maxRecordBytes} bytes at most`,
    );
    this.sizeBytes = sizeBytes;
    this.maxRecordBytes = maxRecordBytes;
  }
}

/** `VICTOR_RING_HANDLE`: what was to be attached to is no ring, or one of another kind. */
export class RingHandleError extends VictorError {
  override readonly name = "RingHandleError";
  constructor(why: string) {
    super("VICTOR_RING_HANDLE", `ring handle: ${why}`);
  }
}

/** `VICTOR_RING_ROLE`: an `SpscRing` has its one producer, or its one consumer, already. */
export class RingRoleError extends VictorError {
  override readonly name = "RingRoleError";
  readonly role: "producer" | "consumer";
  constructor(role: "producer" | "consumer") {
    super(
      "VICTOR_RING_ROLE",
      `ring: it has a ${role} already; use an MpmcRing for several, or takeOver("${role}") from one that has died`,
    );
    this.role = role;
  }
}

/**
 * `VICTOR_RING_STALLED`: waiting was in vain, and another thread has held a place of the ring meanwhile, without filling
 * it or giving it back. When that thread has died, the ring can't be mended: close it and make a new one.
 */
export class RingStalledError extends VictorError {
  override readonly name = "RingStalledError";
  /** Which side holds the place. */
  readonly side: "producer" | "consumer";
  readonly timeoutMs: number;
  constructor(side: "producer" | "consumer", timeoutMs: number) {
    super("VICTOR_RING_STALLED", `ring: a ${side} holds a place, and did so still after ${timeoutMs} ms`);
    this.side = side;
    this.timeoutMs = timeoutMs;
  }
}

/** How an object of a pool can be misused. */
export type PoolMisuse = "foreign object" | "released twice" | "used after release" | "made twice";

/** `VICTOR_POOL_MISUSE`: an object of a pool was misused. Pools find it in checked mode, leases of theirs always. */
export class PoolMisuseError extends VictorError {
  override readonly name = "PoolMisuseError";
  readonly pool: string;
  readonly misuse: PoolMisuse;
  constructor(pool: string, misuse: PoolMisuse, explanation: string) {
    super("VICTOR_POOL_MISUSE", `pool ${pool}: ${misuse}: ${explanation}`);
    this.pool = pool;
    this.misuse = misuse;
  }
}

/** `VICTOR_POOL_HOOK`: a function that a pool was given threw (`cause`). The object that it threw for is not kept. */
export class PoolHookError extends VictorError {
  override readonly name = "PoolHookError";
  readonly pool: string;
  readonly hook: "factory" | "reset" | "validate";
  constructor(pool: string, hook: "factory" | "reset" | "validate", options: ErrorOptions) {
    super("VICTOR_POOL_HOOK", `pool ${pool}: its ${hook} failed: ${messageOf(options)}`, options);
    this.pool = pool;
    this.hook = hook;
  }
}

/** `VICTOR_SNAPSHOT_FORMAT`: a file is no heap snapshot, or a damaged one, or one of a version that isn't known here. */
export class SnapshotFormatError extends VictorError {
  override readonly name = "SnapshotFormatError";
  constructor(why: string, options?: ErrorOptions) {
    super("VICTOR_SNAPSHOT_FORMAT", `heap snapshot: ${why}`, options);
  }
}

/** `VICTOR_SNAPSHOT_TOO_LARGE`: there is no room for the graph of a heap snapshot. Nothing was read into memory. */
export class SnapshotTooLargeError extends VictorError {
  override readonly name = "SnapshotTooLargeError";
  readonly neededBytes: number;
  readonly availableBytes: number;
  constructor(neededBytes: number, availableBytes: number) {
    const mib = (bytes: number) => `${Math.ceil(bytes / 1048576)} MiB`;
    super(
      "VICTOR_SNAPSHOT_TOO_LARGE",
      `heap snapshot: its analysis needs some ${mib(neededBytes)}, and ${mib(availableBytes)} are available`,
    );
    this.neededBytes = neededBytes;
    this.availableBytes = availableBytes;
  }
}

/** `VICTOR_REQUEST`: a request got no response, or lost it, through no fault of its caller; `cause` says why. */
export class RequestError extends VictorError {
  override readonly name = "RequestError";
  readonly method: string;
  /** Without userinfo, and without the values of its query. */
  readonly url: string;
  constructor(method: string, url: string, options: ErrorOptions) {
    super("VICTOR_REQUEST", `${method} ${url}: ${messageOf(options)}`, options);
    this.method = method;
    this.url = url;
  }
}

/** `VICTOR_BODY_TRUNCATED`: a response's body ended before it was complete. What came of it is not handed out as whole. */
export class BodyTruncatedError extends VictorError {
  override readonly name = "BodyTruncatedError";
  readonly url: string;
  readonly receivedBytes: number;
  /** By `Content-Length`; `undefined` where there was none. */
  readonly expectedBytes: number | undefined;
  constructor(url: string, receivedBytes: number, expectedBytes: number | undefined, options?: ErrorOptions) {
    const of = expectedBytes === undefined ? "" : ` of ${expectedBytes}`;
    super(
      "VICTOR_BODY_TRUNCATED",
      `${url}: the body was cut short after ${receivedBytes}${of} bytes`,
      options,
    );
    this.url = url;
    this.receivedBytes = receivedBytes;
    this.expectedBytes = expectedBytes;
  }
}

/** `VICTOR_RESPONSE_TOO_LARGE`: a response's body is longer than `maxResponseBytes`. */
export class ResponseTooLargeError extends VictorError {
  override readonly name = "ResponseTooLargeError";
  readonly url: string;
  readonly maxBytes: number;
  constructor(url: string, maxBytes: number) {
    super(
      "VICTOR_RESPONSE_TOO_LARGE",
      `${url}: the body is longer than ${maxBytes} bytes (maxResponseBytes)`,
    );
    this.url = url;
    this.maxBytes = maxBytes;
  }
}

/** `VICTOR_BODY_USED`: a response's body was asked for after `stream()` had given it away. */
export class BodyUsedError extends VictorError {
  override readonly name = "BodyUsedError";
  constructor() {
    super("VICTOR_BODY_USED", "the body has been given away by stream(), which can't be undone");
  }
}

/** `VICTOR_RESPONSE_JSON`: a response's body is no JSON; `cause` says where it goes wrong. */
export class ResponseJsonError extends VictorError {
  override readonly name = "ResponseJsonError";
  readonly url: string;
  readonly status: number;
  constructor(url: string, status: number, contentType: string | undefined, options: ErrorOptions) {
    const type = contentType === undefined ? "no content-type" : `content-type ${contentType}`;
    super("VICTOR_RESPONSE_JSON", `${url}: status ${status}, ${type}: the body is no JSON`, options);
    this.url = url;
    this.status = status;
  }
}

/** Why a redirect wasn't followed. */
export type RedirectRefusal =
  /** More than `maxRedirects`. */
  | "too-many"
  /** It leads where the call has been, in the same way. */
  | "loop"
  /** From https to http. */
  | "downgrade"
  /** Its `Location` is no http or https URL. */
  | "bad-location"
  /** The body would have to be sent again, and it is a stream without a factory. */
  | "body-not-repeatable";

/** `VICTOR_REDIRECT`: a redirect was not followed. */
export class RedirectError extends VictorError {
  override readonly name = "RedirectError";
  readonly reason: RedirectRefusal;
  readonly status: number;
  /** Where it came from, without userinfo, and without the values of its query. */
  readonly from: string;
  constructor(reason: RedirectRefusal, status: number, from: string) {
    super("VICTOR_REDIRECT", `${from}: redirect (${status}) not followed: ${reason}`);
    this.reason = reason;
    this.status = status;
    this.from = from;
  }
}

/** `VICTOR_FORBIDDEN_ADDRESS`: a request would have gone to an address of a private network, or of this machine. */
export class ForbiddenAddressError extends VictorError {
  override readonly name = "ForbiddenAddressError";
  readonly host: string;
  readonly address: string;
  constructor(host: string, address: string) {
    const is = host === address ? "" : ` is ${address}, which`;
    super("VICTOR_FORBIDDEN_ADDRESS", `${host}${is} is not a public address (forbidPrivateAddresses)`);
    this.host = host;
    this.address = address;
  }
}

/** What became of one attempt to send a request: the status that was retried, or the error. */
export interface AttemptFailure {
  readonly status?: number | undefined;
  readonly error?: unknown;
}

/** `VICTOR_ATTEMPTS_FAILED`: a request was sent more than once, and the last attempt failed with `cause`. */
export class AttemptsFailedError extends VictorError {
  override readonly name = "AttemptsFailedError";
  /** All attempts, the first one first; at least two. */
  readonly attempts: readonly AttemptFailure[];
  constructor(request: string, attempts: readonly AttemptFailure[]) {
    const last = attempts.at(-1)?.error;
    super(
      "VICTOR_ATTEMPTS_FAILED",
      `${request}: ${attempts.length} attempts failed, the last with: ${messageOf({ cause: last })}`,
      { cause: last },
    );
    this.attempts = attempts;
  }
}

/** `VICTOR_ATTEMPT_TIMEOUT`: one attempt of a request got no response in the time that each has. */
export class AttemptTimeoutError extends VictorError {
  override readonly name = "AttemptTimeoutError";
  readonly attemptTimeoutMs: number;
  constructor(request: string, attemptTimeoutMs: number) {
    super("VICTOR_ATTEMPT_TIMEOUT", `${request}: no response within ${attemptTimeoutMs} ms`);
    this.attemptTimeoutMs = attemptTimeoutMs;
  }
}

/** `VICTOR_ATTEMPT_ABANDONED`: why an attempt was cut off that another stands in for. Its caller never sees it; what sends it does. */
export class AttemptAbandonedError extends VictorError {
  override readonly name = "AttemptAbandonedError";
  constructor(why: string) {
    super("VICTOR_ATTEMPT_ABANDONED", `attempt abandoned: ${why}`);
  }
}

/** `VICTOR_BATCH_QUEUE_FULL`: as many keys wait to be sent as the batcher allows. */
export class BatchQueueFullError extends VictorError {
  override readonly name = "BatchQueueFullError";
  readonly batcher: string;
  readonly queueLimit: number;
  constructor(batcher: string, queueLimit: number) {
    super("VICTOR_BATCH_QUEUE_FULL", `batcher ${batcher}: ${queueLimit} keys already wait to be sent`);
    this.batcher = batcher;
    this.queueLimit = queueLimit;
  }
}

/** `VICTOR_BATCH_ANSWER`: what came back for a batch doesn't say which item belongs to which key. */
export class BatchAnswerError extends VictorError {
  override readonly name = "BatchAnswerError";
  readonly batcher: string;
  constructor(batcher: string, why: string, options?: ErrorOptions) {
    super("VICTOR_BATCH_ANSWER", `batcher ${batcher}: ${why}`, options);
    this.batcher = batcher;
  }
}

/** `VICTOR_JSON_RPC`: a JSON-RPC server answered a call, or a whole batch, with an error. */
export class JsonRpcError extends VictorError {
  override readonly name = "JsonRpcError";
  /** The server's number: −32601 for an unknown method, say; 0 where it gave none. */
  readonly rpcCode: number;
  readonly data: unknown;
  constructor(rpcCode: number, message: string, data?: unknown) {
    super("VICTOR_JSON_RPC", `JSON-RPC error ${rpcCode}: ${message}`);
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/** `VICTOR_GRAPHQL`: a GraphQL server answered an operation, or a whole batch, with errors and no data. */
export class GraphqlError extends VictorError {
  override readonly name = "GraphqlError";
  /** As they came. */
  readonly errors: readonly unknown[];
  constructor(errors: readonly unknown[]) {
    const [first] = errors as readonly { readonly message?: unknown }[];
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    super("VICTOR_GRAPHQL", `GraphQL: ${first?.message ?? "an error without a message"}${more}`);
    this.errors = errors;
  }
}

/** `VICTOR_BODY_TOO_LARGE`: a body grows, when decoded, beyond what is allowed: a decompression bomb. It was given up there. */
export class BodyTooLargeError extends VictorError {
  override readonly name = "BodyTooLargeError";
  readonly limit: "size" | "ratio";
  /** Decoded bytes that were allowed. */
  readonly maxBytes: number;
  /** Bytes of the encoded body, as far as they had been looked at. */
  readonly encodedBytes: number;
  constructor(limit: "size" | "ratio", maxBytes: number, encodedBytes: number) {
    super(
      "VICTOR_BODY_TOO_LARGE",
      `body: more than ${maxBytes} bytes when decoded, from ${encodedBytes} (limit of its ${limit})`,
    );
    this.limit = limit;
    this.maxBytes = maxBytes;
    this.encodedBytes = encodedBytes;
  }
}

/** `VICTOR_BODY_DECODE`: a body isn't what its `Content-Encoding` says, or ends too early (`isTruncated`). */
export class BodyDecodeError extends VictorError {
  override readonly name = "BodyDecodeError";
  readonly coding: string;
  readonly isTruncated: boolean;
  constructor(coding: string, why: string, isTruncated: boolean, options?: ErrorOptions) {
    super("VICTOR_BODY_DECODE", `body: not decodable as ${coding}: ${why}`, options);
    this.coding = coding;
    this.isTruncated = isTruncated;
  }
}

/** `VICTOR_TRANSPORT_QUEUE_FULL`: as many requests wait for a connection to this origin as the transport allows. */
export class TransportQueueFullError extends VictorError {
  override readonly name = "TransportQueueFullError";
  readonly origin: string;
  readonly limit: number;
  constructor(origin: string, limit: number) {
    super("VICTOR_TRANSPORT_QUEUE_FULL", `${origin}: ${limit} requests already wait for a connection`);
    this.origin = origin;
    this.limit = limit;
  }
}

/** `VICTOR_TRANSPORT_ORIGINS`: requests to as many origins are under way as the transport keeps. */
export class TransportOriginsError extends VictorError {
  override readonly name = "TransportOriginsError";
  readonly origin: string;
  readonly limit: number;
  constructor(origin: string, limit: number) {
    super("VICTOR_TRANSPORT_ORIGINS", `${origin}: ${limit} other origins are in use already`);
    this.origin = origin;
    this.limit = limit;
  }
}

/**
 * `VICTOR_TLS_CERTIFICATE`: the server's certificate can't be trusted (`cause`, `reason`). Nothing was sent, and sending
 * it again would not help.
 */
export class TlsCertificateError extends VictorError {
  override readonly name = "TlsCertificateError";
  readonly origin: string;
  /** Node's code, such as `CERT_HAS_EXPIRED` or `ERR_TLS_CERT_ALTNAME_INVALID`. */
  readonly reason: string;
  constructor(origin: string, reason: string, options: ErrorOptions) {
    super("VICTOR_TLS_CERTIFICATE", `${origin}: ${messageOf(options)}`, options);
    this.origin = origin;
    this.reason = reason;
  }
}

/** `VICTOR_EMBEDDER`: an embedder gave something else than a vector for each text. Selections go on without vectors. */
export class EmbedderError extends VictorError {
  override readonly name = "EmbedderError";
  constructor(why: string) {
    super("VICTOR_EMBEDDER", `embedder: ${why}`);
  }
}

/** `VICTOR_TOOLS_FILE`: a catalogue or a list of queries can't be read, or isn't one. */
export class ToolsFileError extends VictorError {
  override readonly name = "ToolsFileError";
  /** Of the file. */
  readonly path: string;
  constructor(path: string, why: string, options?: ErrorOptions) {
    super("VICTOR_TOOLS_FILE", `${path}: ${why}`, options);
    this.path = path;
  }
}

/** `VICTOR_SELECTOR_STATE`: bytes that are no saved selector, are damaged, or come from another version. */
export class SelectorStateError extends VictorError {
  override readonly name = "SelectorStateError";
  constructor(why: string, options?: ErrorOptions) {
    super("VICTOR_SELECTOR_STATE", `saved selector: ${why}`, options);
  }
}

/** `VICTOR_INVALID_TOOL`: a tool that no catalogue takes, whoever listed it. Nothing of its list was taken. */
export class InvalidToolError extends VictorError {
  override readonly name = "InvalidToolError";
  /** Its place in the list, from 0. */
  readonly index: number;
  /** What of it is wrong, such as `inputSchema`; empty when it is the whole. */
  readonly field: string;
  constructor(index: number, field: string, why: string) {
    super("VICTOR_INVALID_TOOL", `tools[${index}]${field && `.${field}`}: ${why}`);
    this.index = index;
    this.field = field;
  }
}

/** `VICTOR_DUPLICATE_TOOL`: a tool of that name is there already. Nothing of its list was taken. */
export class DuplicateToolError extends VictorError {
  override readonly name = "DuplicateToolError";
  readonly toolName: string;
  constructor(toolName: string) {
    super(
      "VICTOR_DUPLICATE_TOOL",
      `tool ${JSON.stringify(toolName)} is there already: replace it; if it is another server's, put the server before the name of each, as in ${JSON.stringify(`server_${toolName}`)}`,
    );
    this.toolName = toolName;
  }
}

/** `VICTOR_UNKNOWN_TOOL`: a tool was asked for that isn't there. */
export class UnknownToolError extends VictorError {
  override readonly name = "UnknownToolError";
  readonly toolName: string;
  constructor(toolName: string) {
    super("VICTOR_UNKNOWN_TOOL", `there is no tool ${JSON.stringify(toolName)}`);
    this.toolName = toolName;
  }
}

/** `VICTOR_TOOL_INDEX_FORMAT`: bytes that are no index of tools, or a damaged one, or of another version. */
export class ToolIndexFormatError extends VictorError {
  override readonly name = "ToolIndexFormatError";
  constructor(why: string) {
    super("VICTOR_TOOL_INDEX_FORMAT", `tool index: ${why}; build it anew from the tools`);
  }
}

/** `VICTOR_LEARNED_STATE`: bytes that are no state of learned ranking, or a damaged one, or of another version. */
export class LearnedStateError extends VictorError {
  override readonly name = "LearnedStateError";
  constructor(why: string) {
    super("VICTOR_LEARNED_STATE", `state of learned ranking: ${why}`);
  }
}

/** `VICTOR_ALREADY_ENABLED`: something that there can be once was enabled twice. Disable it first, or use the one that is there. */
export class AlreadyEnabledError extends VictorError {
  override readonly name = "AlreadyEnabledError";
  constructor(what: string) {
    super("VICTOR_ALREADY_ENABLED", `${what} is enabled already`);
  }
}

/** `VICTOR_ALERT_DELIVERY`: a webhook did not take a notification. Holds nothing of the URL but its origin. */
export class AlertDeliveryError extends VictorError {
  override readonly name = "AlertDeliveryError";
  readonly sink: string;
  readonly origin: string;
  readonly attempts: number;
  constructor(sink: string, origin: string, attempts: number, why: string) {
    super(
      "VICTOR_ALERT_DELIVERY",
      `${sink} at ${origin}: not delivered, attempts: ${attempts}, the last: ${why}`,
    );
    this.sink = sink;
    this.origin = origin;
    this.attempts = attempts;
  }
}

/** `VICTOR_GC_TUNING_ACTIVE`: garbage collection of this thread is being tuned already. Undo that first. */
export class GcTuningActiveError extends VictorError {
  override readonly name = "GcTuningActiveError";
  constructor() {
    super(
      "VICTOR_GC_TUNING_ACTIVE",
      "GC tuning is enabled in this thread already: call undo() of that one first",
    );
  }
}

/** Why a program can't be profiled. */
export type ProfileTargetReason =
  | "not-started"
  | "no-recording"
  | "gone"
  | "no-permission"
  | "not-node"
  | "port-busy"
  | "not-listening"
  | "connection-lost";

/** `VICTOR_PROFILE_TARGET`: a program can't be started under the profiler, or a process can't be attached to. */
export class ProfileTargetError extends VictorError {
  override readonly name = "ProfileTargetError";
  readonly reason: ProfileTargetReason;
  constructor(reason: ProfileTargetReason, why: string, options?: ErrorOptions) {
    super("VICTOR_PROFILE_TARGET", why, options);
    this.reason = reason;
  }
}

/** `VICTOR_LEAK_DETECTION_RUNNING`: this thread is being looked at for leaks, or its detector was started before. */
export class LeakDetectionRunningError extends VictorError {
  override readonly name = "LeakDetectionRunningError";
  constructor(what: string) {
    super(
      "VICTOR_LEAK_DETECTION_RUNNING",
      `${what}: runs already in this thread; close it, or wait for its end`,
    );
  }
}

/** `VICTOR_LEAK_DETECTOR_CLOSED`: a detector was used before its start, or after its end. */
export class LeakDetectorClosedError extends VictorError {
  override readonly name = "LeakDetectorClosedError";
  constructor() {
    super(
      "VICTOR_LEAK_DETECTOR_CLOSED",
      "leak detector: it isn't running; start it first, and make a new one after `close`",
    );
  }
}

/** `VICTOR_DASHBOARD_TOKEN_REQUIRED`: others than this machine could reach the dashboard, and it has no token. */
export class DashboardTokenRequiredError extends VictorError {
  override readonly name = "DashboardTokenRequiredError";
  readonly host: string;
  constructor(host: string) {
    super(
      "VICTOR_DASHBOARD_TOKEN_REQUIRED",
      `dashboard: ${host} can be reached from other machines, so a token is needed; set token, or listen on 127.0.0.1`,
    );
    this.host = host;
  }
}

/** `VICTOR_DASHBOARD_LISTEN`: the dashboard can't listen on its host and port; `cause` says why. */
export class DashboardListenError extends VictorError {
  override readonly name = "DashboardListenError";
  readonly host: string;
  readonly port: number;
  constructor(host: string, port: number, options: ErrorOptions) {
    const { message } = options.cause as Error;
    super("VICTOR_DASHBOARD_LISTEN", `dashboard: ${message}; port 0 takes one that is free`, options);
    this.host = host;
    this.port = port;
  }
}

/** `VICTOR_DASHBOARD_PAGE`: a file of the dashboard's page is missing from the installation; `cause` names it. */
export class DashboardPageError extends VictorError {
  override readonly name = "DashboardPageError";
  constructor(options: ErrorOptions) {
    const { message } = options.cause as Error;
    super(
      "VICTOR_DASHBOARD_PAGE",
      `dashboard: a file of its page is missing: ${message}; in a checkout, npm run build makes it, and a bundler must leave the package outside`,
      options,
    );
  }
}

/**
 * `VICTOR_CACHE_TIER`: the server behind a cache can't be asked, or didn't answer as it should; `reason` says in what way,
 * `cause` in its own words.
 */
export class SharedTierError extends VictorError {
  override readonly name = "SharedTierError";
  /** Kind of the tier, such as `redis`. */
  readonly tier: string;
  readonly reason: SharedTierFault;
  constructor(tier: string, reason: SharedTierFault, detail: string, options?: ErrorOptions) {
    super("VICTOR_CACHE_TIER", `cache: ${tier} ${detail}`, options);
    this.tier = tier;
    this.reason = reason;
  }
}

/**
 * `unavailable`: no connection; `timeout`: no answer within the budget; `full`: it takes no more data; `read-only`: it takes
 * no writes; `denied`: wrong or missing rights; `protocol`: an answer that makes no sense; `closed`: by us; `busy`: as many
 * commands wait as may.
 */
export type SharedTierFault =
  | "unavailable"
  | "timeout"
  | "full"
  | "read-only"
  | "denied"
  | "protocol"
  | "closed"
  | "busy";

/** `VICTOR_DOCTOR_TARGET`: what the doctor should look at isn't there. */
export class DoctorTargetError extends VictorError {
  override readonly name = "DoctorTargetError";
  constructor(message: string) {
    super("VICTOR_DOCTOR_TARGET", message);
  }
}

/** `VICTOR_ROLLOUT_STOPPED`: a share was set for an optimization that was rolled back or stopped, and not resumed. */
export class RolloutStoppedError extends VictorError {
  override readonly name = "RolloutStoppedError";
  readonly id: string;
  readonly reason: string;
  constructor(id: string, reason: string) {
    super(
      "VICTOR_ROLLOUT_STOPPED",
      `rollout ${JSON.stringify(id)}: it is off (${reason}); look into the reason, then call resume`,
    );
    this.id = id;
    this.reason = reason;
  }
}

/**
 * `VICTOR_CACHE_VALUE`: what lies on the server behind a cache can't be read: damaged, larger than allowed, or written in a way
 * that isn't known here. The cache counts it and loads the value anew.
 */
export class SharedValueError extends VictorError {
  override readonly name = "SharedValueError";
  constructor(detail: string, options?: ErrorOptions) {
    super("VICTOR_CACHE_VALUE", `cache: a shared value ${detail}`, options);
  }
}

/** `VICTOR_SETTINGS`: a variable `VICTOR_*` or a file `victor.config.*` is wrong; the message lists what is right. */
export class AutoSettingsError extends VictorError {
  override readonly name = "AutoSettingsError";
  /** The variable or file; the folder where it holds two files. */
  readonly where: string;
  constructor(where: string, message: string, options?: ErrorOptions) {
    super("VICTOR_SETTINGS", `${where}: ${message}`, options);
    this.where = where;
  }
}

/** Why a program could not be compared. */
export type CompareReason =
  | "not-started"
  | "crashed"
  | "not-listening"
  | "address-in-use"
  | "job-failed"
  | "load-failed"
  | "no-steps";

/** `VICTOR_COMPARE`: a program under comparison did not run as it has to; the message ends with its last output. */
export class CompareError extends VictorError {
  override readonly name = "CompareError";
  readonly reason: CompareReason;
  /** Name of the arm: "without", "with" and so on. */
  readonly arm: string;
  /** What the program wrote last, on both streams; empty when it wrote nothing. */
  readonly lastLines: readonly string[];
  constructor(
    reason: CompareReason,
    arm: string,
    why: string,
    lastLines: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    const output = lastLines.map((line) => `\n  | ${line}`).join("");
    super("VICTOR_COMPARE", `${arm}: ${why}${output && `; its last output:${output}`}`, options);
    this.reason = reason;
    this.arm = arm;
    this.lastLines = lastLines;
  }
}
