type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element. Whatever a metric is called, it comes in as text or as an attribute's value, never as markup. */
export function element<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  made.append(...children);
  return made;
}

/** Sets a text that changes often; the same text again costs nothing. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Puts `node` into `parent` before the first sibling whose `data-order` is greater. */
export function insertOrdered(parent: HTMLElement, node: HTMLElement, order: string): void {
  node.dataset.order = order;
  for (const sibling of parent.children)
    if (((sibling as HTMLElement).dataset.order ?? "") > order) {
      parent.insertBefore(node, sibling);
      return;
    }
  parent.append(node);
}
