/**
 * The words of SQL that its rules look at, over the dialects of MySQL, PostgreSQL, SQL Server, Oracle and SQLite.
 * A word's code is its keyword in the low byte and what else it is in the bits above.
 */
import { wordTable } from '../word-table.ts'

export const KEY = {
  or: 1, // or, xor
  and: 2,
  not: 3,
  like: 4, // like, rlike, regexp, glob, ilike, div, mod: an operator between two operands
  in: 5,
  is: 6,
  between: 7,
  union: 8, // union, intersect, except, minus
  all: 9, // all, distinct, distinctrow
  select: 10,
  from: 11,
  where: 12,
  having: 13,
  order: 14, // order, group
  by: 15,
  limit: 16,
  insert: 17, // insert, replace
  into: 18,
  update: 19,
  set: 20,
  delete: 21,
  define: 22, // drop, alter, create, truncate
  object: 23, // table, database, view …
  declare: 24,
  exec: 25,
  waitfor: 26,
  delay: 27, // delay, time
  if: 28,
  case: 29,
  when: 30,
  null: 31,
  truth: 32,
  values: 33,
  procedure: 34,
  analyse: 35,
  as: 36,
  file: 37, // outfile, dumpfile
  nullness: 38, // notnull, isnull
  shutdown: 39, // statements of one word
  grant: 40, // grant, revoke
} as const

/** Known as a function of some dialect. */
export const FUNCTION = 1 << 8
/** A function that nobody but SQL has, or that no harmless value calls. */
export const TELLTALE = 1 << 9
/** A table or schema in which a server describes itself. */
export const SYSTEM = 1 << 10
/** A type one can cast to. */
export const TYPE = 1 << 11
/** A function that takes its time. */
export const DELAY = 1 << 12

const listed = (words: string, code: number) =>
  words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => [word, code] as const)

export const SQL_WORDS = wordTable([
  ...listed('or xor', KEY.or),
  ...listed('and', KEY.and),
  ...listed('not', KEY.not),
  ...listed('like rlike regexp glob ilike div mod sounds', KEY.like),
  ...listed('in', KEY.in),
  ...listed('is', KEY.is),
  ...listed('between', KEY.between),
  ...listed('union intersect except minus', KEY.union),
  ...listed('all distinct distinctrow', KEY.all),
  ...listed('select', KEY.select),
  ...listed('from', KEY.from),
  ...listed('where', KEY.where),
  ...listed('having', KEY.having),
  ...listed('order group', KEY.order),
  ...listed('by', KEY.by),
  ...listed('limit', KEY.limit),
  ...listed('insert replace', KEY.insert),
  ...listed('into', KEY.into),
  ...listed('update', KEY.update),
  ...listed('set', KEY.set),
  ...listed('delete', KEY.delete),
  ...listed('drop alter create truncate', KEY.define),
  ...listed('table database schema view index trigger function login column sequence role', KEY.object),
  ...listed('declare', KEY.declare),
  ...listed('exec execute', KEY.exec),
  ...listed('waitfor', KEY.waitfor),
  ...listed('delay time', KEY.delay),
  ...listed('if iif elt', KEY.if),
  ...listed('case', KEY.case),
  ...listed('when', KEY.when),
  ...listed('null', KEY.null),
  ...listed('true false', KEY.truth),
  ...listed('values', KEY.values),
  ...listed('procedure', KEY.procedure),
  ...listed('analyse', KEY.analyse),
  ...listed('as', KEY.as),
  ...listed('outfile dumpfile', KEY.file),
  ...listed('notnull isnull', KEY.nullness),
  ...listed('shutdown', KEY.shutdown),
  ...listed('grant revoke', KEY.grant),

  ...listed('sleep benchmark pg_sleep pg_sleep_for pg_sleep_until randomblob', FUNCTION | DELAY),
  ...listed(
    'pg_sleep pg_sleep_for pg_sleep_until load_file extractvalue updatexml xmltype xp_cmdshell xp_dirtree xp_regread ' +
      'xp_fileexist sp_executesql sp_oacreate sp_password sp_makewebtask openrowset opendatasource group_concat ' +
      'json_extract json_depth json_arrayagg json_build_object json_object_agg jsonb_build_object to_jsonb row_to_json ' +
      'current_setting set_config lo_import lo_export lo_get pg_read_file pg_ls_dir pg_read_binary_file query_to_xml ' +
      'database_to_xml dblink_connect  unistr unhex make_set export_set find_in_set get_lock release_lock ' +
      'is_free_lock is_used_lock master_pos_wait load_extension sqlite_version sqlite_compileoption_used ' +
      'sqlite_compileoption_get sqlite_source_id last_insert_rowid last_insert_id zeroblob total_changes ' +
      'name_const gtid_subset gtid_subtract st_latfromgeohash st_geohash st_pointfromgeohash ' +
      'substring_index uncompress des_encrypt des_decrypt aes_encrypt aes_decrypt old_password to_base64 from_base64 ' +
      'from_unixtime unix_timestamp inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6 row_count found_rows ' +
      'connection_id session_user system_user current_user     ' +
      ' nvl2 sys_context utl_http utl_inaddr fn_varbintohexstr has_dbaccess is_srvrolemember  ' +
      'suser_sname suser_name db_name   object_name col_name schema_name  randomblob ' +
      '  xmlagg xmlelement dbms_pipe dbms_lock dbms_xmlgen ctxsys ordsys uuid_short ' +
      'convert_tz period_add period_diff sec_to_time to_seconds to_days from_days makedate maketime week_count ' +
      'time_to_sec timestampadd timestampdiff       ' +
      '     utc_date utc_time utc_timestamp bit_and bit_or bit_xor ' +
      'stddev_pop stddev_samp var_pop var_samp json_contains json_keys json_search json_set json_type json_valid ' +
      'json_array json_object json_quote json_unquote json_each json_tree jsonb_pretty json_array_elements ' +
      '     regexp_split_to_array   ' +
      '    get_byte get_bit set_byte set_bit chr_w quote_ident quote_literal ' +
      'quote_nullable pg_client_encoding pg_backend_pid inet_client_addr inet_server_addr version_comment',
    FUNCTION | TELLTALE,
  ),
  ...listed(
    'abs div acos adddate addtime ascii asciistr asin atan atan2 avg bin bit_count cast ceil ceiling changes char charset ' +
      'char_to_label chr coalesce coercibility collation collate compress concat concat_ws conv convert cos cot count crc32 ' +
      'cume_dist curdate current_date current_time current_timestamp curtime database datalength date date_add date_sub ' +
      'datediff datepart day dcount decode default degrees dense_rank difference elt encode encrypt exp field first_value ' +
      'floor format get_diagnostics greatest hex hour ifnull iif insert instr instrb interval isnull json lag last last_day ' +
      'last_value lcase lead least left len length likelihood likely ln localtime localtimestamp locate log log10 log2 ' +
      'lower lpad ltrim max md5 mid microsecond min minute mod month nchar newid now nth_value ntile nullif nvl oct ord ' +
      'overlay password patindex percent_rank pi position pow power quarter quote radians rand random rank repeat replace ' +
      'reverse right round row_number rownum rpad rtrim schema second sha sha1 sha2 sign sin soundex space sqrt std ' +
      'stddev strcmp strftime stuff subdate substr substring subtime sum sysdate sys_guid tan timediff ' +
      'timestamp trim translate trunc truncate typeof ucase unicode unlikely upper user uuid values variance version ' +
      'week weekday xmlparse xmlserialize year zone instr2 julianday printf glob total rawtohex hextoraw group_id dump extract ' +
      'if log_bin checksum binary_checksum getdate isdate isnumeric str varbinary',
    FUNCTION,
  ),
  // Further ones that only a call left open makes suspicious.
  ...listed(
    'starts_with char_length character_length octet_length bit_length substr_count array_to_string string_agg date_format time_format get_format dayofmonth dayofweek dayofyear weekofyear yearweek monthname dayname str_to_date to_char to_date to_number to_timestamp to_ascii to_hex regexp_replace regexp_substr regexp_instr regexp_like regexp_matches is_member object_id host_name quotenamepolygon multipoint multilinestring geometrycollection linestring point multipolygon uncompressed_length weight_string random_bytes procedure_analyse validate_password_strength sha384 sha512 is_ipv4_compat is_ipv4_mapped in local convert_from convert_to current_query current_schema current_schemas current_database btrim initcap split_part strpos array_agg json_agg jsonb_agg generate_series age clock_timestamp date_part date_trunc isfinite justify_days to_tsvector width_bucket cbrt setseed scale lastval currval nextval setval col_description obj_description has_table_privilege table_to_xml cursor_to_xml json_to_record json_populate_record row_security_active regexp_match tochar nls_upper instrrev lengthb substrb asciistr compose decompose dump empty_blob bfilename userenv sysdate systimestamp new_time next_day add_months months_between trunc nvl2 decode vsize chartorowid rowidtochar iif choose try_convert try_cast parse charindex difference replicate len unicode nchar datename dateadd getutcdate sysdatetime eomonth isjson json_value json_query json_modify openjson openxml openquery checksum_agg grouping rand square atn2 log10 suser_id user_id user_name fn_version app_name ident_current scope_identity rowcount_big error_message formatmessage',
    FUNCTION,
  ),
  ...listed(
    'information_schema pg_catalog pg_shadow pg_user pg_tables pg_class pg_database pg_roles pg_authid pg_stat_activity sysobjects ' +
      'syscolumns sysusers sysdatabases syslogins sysprocesses sysxlogins msysobjects msysaces msysqueries msysrelationships ' +
      'sqlite_master sqlite_schema sqlite_temp_master all_tables all_tab_columns all_users all_objects user_tables ' +
      'user_tab_columns user_objects dba_users dba_tables dba_role_privs session_privs role_sys_privs ' +
      'innodb_table_stats innodb_index_stats xp_cmdshell all_role_privs ' +
      'dba_sys_privs mysql_db v$instance v$version v$database v$session msdasql sqloledb schemata msdb tempdb northwind ' +
      'msysaccessobjects msysaccessxml msysaccessstorage pg_stat_user_tables sys_tables master_files',
    SYSTEM,
  ),
  ...listed(
    'int int2 int4 int8 integer bigint smallint numeric decimal real double float text varchar bpchar bool boolean json jsonb ' +
      'bytea uuid date time timestamp timestamptz interval regclass regtype name xml inet cidr money oid',
    TYPE,
  ),
])
