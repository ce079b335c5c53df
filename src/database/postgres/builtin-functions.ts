const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/**
 * Functions that come with the server and change the state of the session.
 * `set_config` has rules of its own.
 */
export const sessionFunctions = words(
  `set_config setseed pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared
  pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all pg_replication_origin_session_setup
  pg_replication_origin_session_reset pg_replication_origin_xact_setup pg_replication_origin_xact_reset`,
);

/**
 * Functions that come with the server and run SQL that they are given, or change what holds for all sessions.
 * No other function that comes with the server changes a user's table.
 */
export const unknownFunctions = words(
  `query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite
  pg_reload_conf pg_import_system_collations pg_promote`,
);
