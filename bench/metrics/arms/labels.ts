/** The label that every series has, or the three of a web server's metrics. */
export function labelsOf(args: unknown): Readonly<Record<string, string>> {
  const all = { method: "GET", route: "/users/:id", status_code: "200" };
  return (args as { readonly labels: 1 | 3 }).labels === 1 ? { method: all.method } : all;
}
