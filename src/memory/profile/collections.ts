/** What is told when the collector has taken an object. */
export interface Mortal {
  /** @param fullCollections of the process, when it died; the one that took it is not among them */
  died(fullCollections: number): void;
}

/** Stands for an object that nothing holds, so that each full collection takes it. */
const sentinel: Mortal = { died: () => undefined };
let sentinelObject: WeakRef<object> | undefined;
let fullCollections = 0;
let dead: Mortal[] = [];

// Only full collections take what is registered: V8's scavenger keeps it. One registry for all, whose calls V8 makes in one go
// after a collection, so that all who died by it are known before it is counted.
const registry = new FinalizationRegistry<Mortal>((mortal) => {
  if (dead.push(mortal) === 1) queueMicrotask(bury);
});

function bury(): void {
  const buried = dead;
  dead = [];
  for (const mortal of buried) mortal.died(fullCollections);
  if (!buried.includes(sentinel)) return;
  fullCollections++;
  placeSentinel();
}

function placeSentinel(): void {
  const object = {};
  sentinelObject = new WeakRef(object);
  registry.register(object, sentinel);
}

/**
 * Full collections since the first call, in this thread. Those between which the event loop didn't turn count once.
 */
export function countFullCollections(): number {
  if (sentinelObject === undefined) placeSentinel();
  // One may be over that we have not been told of.
  return sentinelObject?.deref() === undefined ? fullCollections + 1 : fullCollections;
}

/** Tells `mortal` when `object` has been collected, if ever. @param token to `forget` by */
export function onDeath(object: object, mortal: Mortal, token: object): void {
  registry.register(object, mortal, token);
}

/** Ends it for all that was registered with that token. */
export function forget(token: object): void {
  registry.unregister(token);
}
