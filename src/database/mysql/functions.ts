const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Native functions whose result depends on nothing but their arguments, the rows and the session's fixed settings.
 * What gives a TIME is not among them: made a DATETIME, a TIME takes the current date.
 * @see https://mariadb.com/docs/server/reference/sql-functions
 */
export const deterministicFunctions = words(`
  abs acos add_months adddate aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg bin bin_to_uuid bit_and
  bit_count bit_length bit_or bit_xor cast ceil ceiling char char_length character_length charset chr coalesce coercibility
  collation column_check column_create column_exists column_get column_json column_list compress concat concat_ws conv
  convert convert_tz cos cot count crc32 crc32c cume_dist date date_add date_format date_sub datediff day dayname
  dayofmonth dayofweek dayofyear decode_oracle degrees dense_rank elt exp export_set extract extractvalue field
  find_in_set first_value floor format format_bytes from_base64 from_days from_unixtime greatest group_concat grouping
  hex hour if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat
  is_ipv4_mapped is_ipv6 is_uuid isnull json_array json_array_append json_array_insert json_arrayagg json_compact
  json_contains json_contains_path json_depth json_detailed json_equals json_exists json_extract json_insert json_keys
  json_length json_loose json_merge json_merge_patch json_merge_preserve json_normalize json_object json_objectagg
  json_overlaps json_pretty json_query json_quote json_remove json_replace json_schema_valid json_search json_set
  json_storage_size json_table json_type json_unquote json_valid json_value lag last_day last_value lcase lead least
  left length lengthb ln locate log log10 log2 lower lpad ltrim make_set makedate max md5 median member microsecond mid
  min minute mod month monthname natural_sort_key nchr nth_value ntile nullif nvl nvl2 oct octet_length ord
  percent_rank percentile_cont percentile_disc period_add period_diff pi position pow power quarter quote radians
  rank regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right round row row_number rpad
  rtrim second sformat sha sha1 sha2 sign sin soundex space sqrt std stddev stddev_pop stddev_samp strcmp subdate
  substr substring substring_index sum tan time_format time_to_sec timestampadd timestampdiff to_base64 to_days
  to_seconds trim truncate ucase uncompress uncompressed_length unhex updatexml upper uuid_to_bin values value
  var_pop var_samp variance week weekday weekofyear weight_string year yearweek
  area st_area st_asgeojson st_asbinary st_astext st_aswkb st_aswkt st_boundary st_buffer st_centroid st_contains
  st_convexhull st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint
  st_envelope st_equals st_geomfromtext st_geomfromwkb st_geometryn st_geometrytype st_intersection st_intersects
  st_isclosed st_isempty st_isring st_issimple st_length st_numgeometries st_numpoints st_overlaps st_point st_pointn
  st_srid st_startpoint st_touches st_union st_within st_x st_y point linestring polygon`);

/** Native functions that change nothing but the state of the session, if anything, and whose result can't be kept. */
export const volatileFunctions = words(`
  addtime against aes_key benchmark binlog_gtid_pos connection_id curdate current_date current_role current_time
  current_timestamp current_user curtime database decode default des_decrypt des_encrypt encode encrypt found_rows
  gtid_subset gtid_subtract is_free_lock is_used_lock json_schema_validation_report kdf last_insert_id lastval load_file localtime localtimestamp maketime
  master_gtid_wait master_pos_wait match name_const nextval now old_password password ps_current_thread_id ps_thread_id rand random_bytes
  row_count schema sec_to_time session_user setval sleep source_pos_wait statement_digest statement_digest_text str_to_date subtime sys_guid
  sysdate system_user time timediff timestamp to_char to_date trace_connection unix_timestamp user utc_date utc_time utc_timestamp
  uuid uuid_short uuid_v4 uuid_v7 version wait_for_executed_gtid_set wsrep_last_seen_gtid wsrep_last_written_gtid`);

/** Native functions that leave locks behind in the session, or take them away. */
export const sessionFunctions = words("get_lock release_all_locks release_lock");

/** Functions, and pseudo-columns of Oracle's mode, that go without brackets. */
export const volatileWords = words(`
  current_date current_role current_time current_timestamp current_user localtime localtimestamp utc_date utc_time
  utc_timestamp sysdate rownum nextval currval lastval`);

/** Before a bracket these call nothing: they are reserved, or name a type or a clause. */
export const bracketWords = words(`
  all and any as between binary blob by case char character check collate cross dec decimal delete desc distinct
  distinctrow div double else elseif end except exists float for force foreign from fulltext group having ignore
  in index inner int integer intersect into is join key lateral like limit natural nchar not numeric nvarchar of on or order
  outer over partition primary range real recursive regexp return rlike rows select set some straight_join table then union
  unique update use using varbinary varchar when where while window with within xor signed unsigned datetime
  filter system_time until varying partitions separator duplicate roll rollup minus`);
