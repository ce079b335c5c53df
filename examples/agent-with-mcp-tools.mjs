/**
 * An agent with the tools of an MCP server: of forty tools the model is shown three, and what it uses teaches the selector.
 *
 *     node agent-with-mcp-tools.mjs
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { TimedCache } from "victor-optimizations/algorithms";
import { ToolSelector } from "victor-optimizations/tools";

const client = await connectTo(toolServer());
const { tools } = await client.listTools();
const selector = new ToolSelector({ tools, k: 3, threshold: 0.1 });
// Reads only: a tool that says of itself that it changes nothing.
const answers = new TimedCache({ maxSize: 1000, ttlMs: 60_000 });

for (const query of [
  "which tickets are open?",
  "which tickets are open?",
  "close the ticket of the broken printer",
  "what is the weather in Oslo?",
]) {
  const selection = selector.select(query);
  // A model would choose among these, which are all that its prompt has to hold.
  const [chosen] = selection.tools;
  const answer = await call(chosen, { text: query });
  selector.recordOutcome(selection.id, { used: [chosen.name], succeeded: !answer.isError });
  console.log(`${query} → ${chosen.name}${selection.cached ? " (chosen before)" : ""}: ${answer.content[0].text}`);
}
console.log(`${tools.length} tools, ${selector.getStats().caches.query.hits} selection from the cache`);
await client.close();

async function call({ name, annotations }, args) {
  const ask = () => client.callTool({ name, arguments: args });
  if (annotations?.readOnlyHint !== true) return ask();
  return answers.getOrLoad(JSON.stringify([name, args]), ask);
}

async function connectTo(server) {
  const [here, there] = InMemoryTransport.createLinkedPair();
  const connected = new Client({ name: "agent", version: "1.0.0" });
  await Promise.all([server.connect(there), connected.connect(here)]);
  return connected;
}

/** Forty tools for ten kinds of things. */
function toolServer() {
  const server = new Server({ name: "office", version: "1.0.0" }, { capabilities: { tools: {} } });
  const things = ["ticket", "invoice", "customer", "meeting", "parcel", "weather", "printer", "room", "car", "menu"];
  const verbs = { list: "List all open", read: "Read one", close: "Close or end a", report: "Write a report on a" };
  const all = things.flatMap((thing) =>
    Object.entries(verbs).map(([verb, words]) => ({
      name: `${verb}_${thing}`,
      description: `${words} ${thing}.`,
      inputSchema: { type: "object", properties: { text: { type: "string" } } },
      annotations: { readOnlyHint: verb === "list" || verb === "read" },
    })),
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: all }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: "text", text: `done by ${params.name}` }],
  }));
  return server;
}
