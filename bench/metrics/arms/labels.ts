/** The label that every series has, or the three of a web server's metrics. */
export function labelsOf(args: unknown): Readonly<Record<string, string>> {
  const all = { method: "GET", route: "/users/:id", status_code: "200" };
  return (args as { readonly labels: 1 | 3 }).labels === 1 ? { method: all.method } : all;
}

const methods = ["GET", "POST"];
const routes = ["/users/:id", "/users", "/orders/:id", "/orders"];
const statusCodes = ["200", "404"];

/** How many series `requestLabels` makes. */
export const requestSeries = 16;
export const requestLabelNames: readonly string[] = ["method", "route", "status_code"];

/** Labels in an object of their own for each request, as a server has them at hand: 16 series by turns. */
export function requestLabels(i: number): { method: string; route: string; status_code: string } {
  return { method: methods[i & 1]!, route: routes[(i >> 1) & 3]!, status_code: statusCodes[(i >> 3) & 1]! };
}
