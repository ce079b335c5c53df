import type { Clock } from "../../clock.ts";
import type { DriverConnection } from "../driver.ts";
import { OperationLimit } from "./operation-limit.ts";
import type { Lease } from "./pool-lease.ts";

/** How long a connection gets to come to rest after its caller has gone. */
export const graceMs = 1_000;

/**
 * What becomes of a connection whose statement was cut: nobody knows yet whether the server has stopped. If the
 * driver lets go of the statement in time and then answers a ping, the connection goes back to the pool, else it is
 * destroyed.
 * @param running the driver's promise of that statement
 * @returns once the connection's fate is settled; never rejects
 */
export async function recover(
  lease: Lease<DriverConnection>,
  running: Promise<unknown>,
  clock: Clock,
): Promise<void> {
  const grace = new OperationLimit({ deadline: clock.now() + graceMs }, clock);
  try {
    await grace.run("cancel", () => settled(running));
    if (lease.usable) await grace.run("ping", (signal) => lease.connection.ping(signal));
    if (lease.usable) lease.release();
    else lease.destroy();
  } catch {
    // Neither rest nor an answer in time: the connection is of no more use to anyone.
    lease.destroy();
  } finally {
    grace.end();
  }
}

/** As `recover`, but the connection is destroyed in any case, when the statement is over or the time is up. */
export async function abandon(
  lease: Lease<DriverConnection>,
  running: Promise<unknown>,
  clock: Clock,
): Promise<void> {
  const grace = new OperationLimit({ deadline: clock.now() + graceMs }, clock);
  await settled(grace.run("cancel", () => settled(running)));
  grace.end();
  lease.destroy();
}

/** Resolves when `promise` has settled, either way. */
function settled(promise: Promise<unknown>): Promise<void> {
  const done = (): void => undefined;
  return promise.then(done, done);
}
