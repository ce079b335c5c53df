/** What a service can do. */
export interface Service {
  readonly processors: number;
  /** Work of a request on average, in milliseconds of a processor; it varies evenly from half to one and a half of this. */
  readonly workMs: number;
}

/** Requests each second. */
export const capacity = ({ processors, workMs }: Service): number => (1000 * processors) / workMs;

/** Spreads consecutive integers evenly. @returns 0 ≤ x < 1 */
const spread = (id: number): number => (id * 0.618033988749895) % 1;

/** Milliseconds of a processor that a request takes. */
export const workOf = ({ workMs }: Service, id: number): number => workMs * (0.5 + spread(id));

/** What the service answers. */
export const answerTo = (id: number): number => (Math.imul(id, 2654435761) >>> 0) % 1_000_003;
