/** One entity tag as it is in a field, its quotes included. */
const tag = /(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"/y;

/** @returns whether `value` is a whole entity tag */
export function isEntityTag(value: string): boolean {
  tag.lastIndex = 0;
  return tag.test(value) && tag.lastIndex === value.length;
}

/** @returns the tags of a list such as `If-None-Match` has; `"*"` for any; tags without quotes, which some send, count too */
export function parseEntityTags(value: string): readonly string[] | "*" {
  if (value.trim() === "*") return "*";
  const tags: string[] = [];
  let i = 0;
  while (i < value.length) {
    const code = value.charCodeAt(i);
    if (code === 32 || code === 9 || code === 44) {
      i++;
      continue;
    }
    tag.lastIndex = i;
    const match = tag.exec(value);
    if (match === null) {
      const comma = value.indexOf(",", i);
      const end = comma === -1 ? value.length : comma;
      tags.push(value.slice(i, end).trim());
      i = end;
      continue;
    }
    tags.push(match[0]);
    i = tag.lastIndex;
  }
  return tags;
}

const opaque = (value: string): string => (value.startsWith("W/") ? value.slice(2) : value);

/** @returns whether both stand for what means the same. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2 */
export function matchesWeakly(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

/** @returns whether both stand for the same bytes */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/") && isEntityTag(a);
}
