// The registry that cancels streams of collected responses holds the streams, and by way of the async context the responses.
import { AsyncLocalStorage } from "node:async_hooks";

const clone = async (name) => {
  const { Response } = (await import(name)).default;
  const storage = new AsyncLocalStorage();
  return () => {
    const store = {};
    return storage.run(store, async () => {
      store.response = new Response("a body of some length".repeat(10));
      store.copy = store.response.clone();
    });
  };
};
export const leak = () => clone("undici-leaking");
export const control = () => clone("undici-fixed");
export const holder = /registry|FinalizationRegistry/;
export const site = /undici|undici-cloned-response/;
export const options = { iterations: 300 };
