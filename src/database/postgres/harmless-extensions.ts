const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Extensions whose C functions change no table and whose operators and types depend on their operands alone. */
const harmless = words(
  `btree_gin btree_gist citext cube earthdistance fuzzystrmatch hstore insert_username intagg intarray isn lo ltree
  moddatetime pg_buffercache pg_stat_statements pg_trgm pg_uuidv7 pgcrypto pgstattuple plpgsql postgis seg sslinfo
  unaccent uuid-ossp vector`,
);

/** Of these, some functions are declared IMMUTABLE but read a table (PostGIS reads `spatial_ref_sys`). */
const readers = words("postgis");

/** Do operators and types of this extension count as if they came with the server? */
export function harmlessExtension(name: string | null): boolean {
  return name !== null && harmless.has(name);
}

/** Does the result of this extension's IMMUTABLE functions truly depend on their arguments alone? */
export function pureExtension(name: string | null): boolean {
  return harmlessExtension(name) && !readers.has(name as string);
}
