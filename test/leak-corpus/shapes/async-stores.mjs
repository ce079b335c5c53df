// A pooled connection's idle watcher is made within the first request that uses it, and keeps that request's store; each request
// brings a connection of its own that never goes back.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

const serve = (releases) => () => {
  const storage = new AsyncLocalStorage();
  const pool = { connections: new Set() };
  return function handle(call) {
    storage.run({ request: call, body: new Array(30).fill(call) }, () => {
      const connection = new AsyncResource("CONNECTION");
      pool.connections.add(connection);
      if (releases) pool.connections.delete(connection);
    });
  };
};
export const leak = serve(false);
export const control = serve(true);
export const holder = /\.connections Set/;
export const site = /async-stores/;
