import type { IncomingMessage, ServerResponse } from "node:http";
import { crc32 } from "node:zlib";
import { TimedCache } from "../../../algorithms/timed-cache.ts";
import { MemoryOptimizer } from "../../../memory/optimizer.ts";
import { type Order, type OrderReply, sessionOf } from "./order-mix.ts";

/** A service that takes orders: JSON in and out, a session with its cart, and a binary record of each order with its checksum. */
export interface OrderService {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Opens a session with an empty cart, as after a log-in. */
  open(id: string): void;
  counters(): Record<string, number>;
  close(): void;
}

interface Session {
  readonly id: string;
  readonly cart: Map<string, number>;
  orders: number;
}

/** Bytes of an order's record. */
const recordBytes = 64 * 1024;
const lineBytes = 64;
const ttlMs = 10 * 60_000;
const noCounters = (): Record<string, number> => ({});

/** As it is mostly written: buffers and maps made for each use, sessions in a Map that is swept for what is too old. */
export function plainService(): OrderService {
  const sessions = new Map<string, { readonly session: Session; readonly endsAt: number }>();
  const begin = (id: string): Session => {
    const session = { id, cart: new Map<string, number>(), orders: 0 };
    sessions.set(id, { session, endsAt: performance.now() + ttlMs });
    return session;
  };
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const [id, { endsAt }] of sessions) if (endsAt <= now) sessions.delete(id);
  }, 10_000).unref();
  return {
    handle: (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const id = sessionOf(request);
        const order = JSON.parse(Buffer.concat(chunks).toString()) as Order;
        const session = sessions.get(id)?.session ?? begin(id);
        const reply = placed(order, session, Buffer.alloc(recordBytes));
        if (order.isLast) sessions.delete(id);
        response.end(JSON.stringify(reply));
      });
    },
    open: begin,
    counters: noCounters,
    close: () => clearInterval(sweep),
  };
}

/** The same with a pool of buffers, a pool of maps, and a cache whose entries expire. */
export function pooledService(): OrderService {
  const optimizer = new MemoryOptimizer();
  const buffers = optimizer.createBufferPool("buffers", { checked: false });
  const carts = optimizer.createPool("carts", {
    factory: () => new Map<string, number>(),
    reset: (cart) => cart.clear(),
    checked: false,
  });
  const sessions = new TimedCache<string, Session>({
    maxSize: 1_000_000,
    ttlMs,
    onEvict: (_id, { cart }) => carts.release(cart),
  });
  const begin = (id: string): Session => {
    const session = { id, cart: carts.acquire(), orders: 0 };
    sessions.set(id, session);
    return session;
  };
  return {
    handle: (request, response) => {
      const body = buffers.acquire(Number(request.headers["content-length"]));
      let length = 0;
      request.on("data", (chunk: Buffer) => {
        length += chunk.copy(body, length);
      });
      request.on("end", () => {
        const id = sessionOf(request);
        const order = JSON.parse(body.toString("utf8", 0, length)) as Order;
        buffers.release(body);
        const session = sessions.get(id) ?? begin(id);
        using record = buffers.lease(recordBytes);
        const reply = placed(order, session, record.value);
        if (order.isLast) sessions.delete(id);
        response.end(JSON.stringify(reply));
      });
    },
    open: begin,
    counters: () => {
      const all = Object.values(optimizer.getStats().pools);
      const sum = (field: "acquired" | "reused"): number =>
        all.reduce((total, pool) => total + pool[field], 0);
      return { acquired: sum("acquired"), reused: sum("reused") };
    },
    close: () => {
      sessions.clear();
      optimizer.close();
    },
  };
}

/** What an order comes to, for both services. @param record of zeros */
function placed({ number, lines }: Order, session: Session, record: Buffer): OrderReply {
  let cents = 0;
  for (const [i, { sku, quantity, cents: price }] of lines.entries()) {
    session.cart.set(sku, (session.cart.get(sku) ?? 0) + quantity);
    cents += quantity * price;
    const at = i * lineBytes;
    record.writeUInt32LE(quantity, at);
    record.writeUInt32LE(price, at + 4);
    record.write(sku, at + 8, "latin1");
  }
  session.orders++;
  return { number, cents, inCart: session.cart.size, orders: session.orders, checksum: crc32(record) };
}
