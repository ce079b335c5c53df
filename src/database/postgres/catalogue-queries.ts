/**
 * What facts need of PostgreSQL's catalogue, each read by one statement and so of one moment. Works on 12 and later.
 * Objects with an oid below 16384 come with the server and can't be changed; those above are the user's.
 */

/**
 * Once per server: what comes with it. One row `{ functions, types, rowFunctions }`; `rowFunctions` take a whole row
 * and aren't IMMUTABLE.
 */
export const builtinQuery = `
SELECT
  (SELECT json_agg(json_build_array(proname, overloads)) FROM (
    SELECT proname, json_agg(DISTINCT jsonb_build_array(provolatile, pronargs - pronargdefaults,
      CASE WHEN provariadic <> 0 THEN 1000 ELSE pronargs END)) AS overloads
    FROM pg_catalog.pg_proc WHERE oid < 16384 GROUP BY proname) AS f) AS functions,
  (SELECT json_agg(DISTINCT typname) FROM pg_catalog.pg_type WHERE oid < 16384) AS types,
  (SELECT json_agg(DISTINCT proname) FROM pg_catalog.pg_proc WHERE oid < 16384 AND provolatile <> 'i'
    AND proargtypes[0] IN ('record'::regtype, '"any"'::regtype, 'anyelement'::regtype, 'anynonarray'::regtype)
  ) AS "rowFunctions"`;

/** Oids of the user's functions on which objects of one catalogue depend (expressions of defaults, checks, …). */
const functionsOf = (catalogue: string, object: string): string => `
  (SELECT json_agg(refobjid::bigint) FROM pg_catalog.pg_depend
   WHERE classid = 'pg_catalog.${catalogue}'::regclass AND objid = ${object}
     AND refclassid = 'pg_catalog.pg_proc'::regclass AND refobjid >= 16384)`;

const extensionOf = (catalogue: string, object: string): string => `
  (SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
   WHERE d.classid = 'pg_catalog.${catalogue}'::regclass AND d.objid = ${object}
     AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e' LIMIT 1)`;

/** After every change of the schema: what the user made. One row, a JSON array per column. */
export const catalogueQuery = `
SELECT
  to_json(current_schemas(true)) AS path,
  current_user::text AS role,
  current_setting('standard_conforming_strings') = 'on' AS "standardStrings",
  (SELECT nspname::text FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()) AS temporary,
  (SELECT json_agg(json_build_object(
      'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
      'persistence', c.relpersistence, 'rowSecurity', c.relrowsecurity,
      'rules', c.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r
        WHERE r.ev_class = c.oid AND r.ev_type <> '1'),
      'generated', EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attgenerated <> ''),
      'beforeUpdate', c.relhastriggers AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
        WHERE t.tgrelid = c.oid AND t.tgenabled <> 'D' AND t.tgtype & 18 = 18),
      'columns', (SELECT json_agg(json_build_array(a.attname, a.atttypid::bigint) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'primaryKey', (SELECT json_build_array(a.attname, a.atttypid::bigint, a.atttypmod, coalesce(l.collisdeterministic, true))
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
        LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
        WHERE k.conrelid = c.oid AND k.contype = 'p' AND array_length(k.conkey, 1) = 1),
      'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid >= 16384 AND n.nspname !~ '^pg_toast'
      AND (c.relpersistence <> 't' OR n.oid = pg_my_temp_schema())) AS relations,
  (SELECT json_agg(json_build_array(n.nspname, c.relname))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid < 16384 AND n.nspname IN ('pg_catalog', 'information_schema')
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) AS system,
  (SELECT json_agg(json_build_array(inhparent::bigint, inhrelid::bigint)) FROM pg_catalog.pg_inherits) AS inherits,
  (SELECT json_agg(json_build_object(
      'relation', t.tgrelid::bigint, 'type', t.tgtype, 'function', t.tgfoid::bigint,
      'functions', ${functionsOf("pg_trigger", "t.oid")}))
    FROM pg_catalog.pg_trigger t WHERE t.tgfoid >= 16384 AND t.tgenabled <> 'D') AS triggers,
  (SELECT json_agg(json_build_object(
      'referenced', k.confrelid::bigint, 'referencing', k.conrelid::bigint,
      'onDelete', k.confdeltype, 'onUpdate', k.confupdtype,
      'columns', (SELECT json_agg(a.attname) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)),
      'generated', EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey) AND a.attgenerated <> ''),
      'changes', (SELECT json_agg(a.attname) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))))
    FROM pg_catalog.pg_constraint k WHERE k.contype = 'f') AS "foreignKeys",
  (SELECT json_agg(json_build_array(d.adrelid::bigint, ${functionsOf("pg_attrdef", "d.oid")}))
    FROM pg_catalog.pg_attrdef d WHERE d.adrelid >= 16384) AS defaults,
  (SELECT json_agg(json_build_array(k.conrelid::bigint, ${functionsOf("pg_constraint", "k.oid")}))
    FROM pg_catalog.pg_constraint k WHERE k.contype = 'c') AS checks,
  (SELECT json_agg(json_build_array(p.polrelid::bigint, ${functionsOf("pg_policy", "p.oid")}))
    FROM pg_catalog.pg_policy p) AS policies,
  (SELECT json_agg(json_build_object(
      'oid', p.oid::bigint, 'schema', n.nspname, 'name', p.proname, 'kind', p.prokind, 'volatility', p.provolatile,
      'minArgs', p.pronargs - p.pronargdefaults,
      'maxArgs', CASE WHEN p.provariadic <> 0 THEN 1000 ELSE p.pronargs END,
      'takesRow', coalesce((SELECT a.typtype IN ('c', 'd', 'p') FROM pg_catalog.pg_type a WHERE a.oid = p.proargtypes[0]), false),
      'language', l.lanname, 'settings', p.proconfig, 'definer', p.prosecdef,
      'extension', ${extensionOf("pg_proc", "p.oid")},
      'calls', (SELECT json_agg(DISTINCT f.oid) FROM pg_catalog.pg_aggregate a,
        unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn,
          a.aggminvtransfn, a.aggmfinalfn]::bigint[]) AS f (oid)
        WHERE p.prokind = 'a' AND a.aggfnoid = p.oid AND f.oid >= 16384),
      'definition', CASE WHEN p.prokind <> 'a' AND l.lanname IN ('sql', 'plpgsql') THEN pg_get_functiondef(p.oid) END))
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE p.oid >= 16384) AS functions,
  (SELECT json_agg(json_build_object('schema', n.nspname, 'name', o.oprname, 'function', o.oprcode::oid::bigint,
      'extension', ${extensionOf("pg_operator", "o.oid")}))
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    WHERE o.oid >= 16384) AS operators,
  (SELECT json_agg(json_build_object('function', c.castfunc::bigint, 'implicit', c.castcontext = 'i'))
    FROM pg_catalog.pg_cast c WHERE c.oid >= 16384 AND c.castfunc >= 16384) AS casts,
  (SELECT json_agg(json_build_object('oid', t.oid::bigint, 'schema', n.nspname, 'name', t.typname, 'kind', t.typtype,
      'element', t.typelem::bigint, 'extension', ${extensionOf("pg_type", "t.oid")},
      'functions', (SELECT json_agg(d.refobjid::bigint) FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
          AND d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid >= 16384
        WHERE k.contypid = t.oid)))
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.oid >= 16384 AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class c
      WHERE c.oid = t.typrelid AND c.relkind = 'c'))) AS types`;
