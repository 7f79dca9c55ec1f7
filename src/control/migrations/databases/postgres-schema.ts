import { LEDGER } from './database.ts'

/** Everything of a database's own schema as lines; from pg_catalog alone, so that any search path gives the same. */
export const SCHEMA_QUERY = `
with spaces as (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), relations as (
  select c.*, s.nspname from pg_class c join spaces s on s.oid = c.relnamespace
  where c.relname <> '${LEDGER}' and c.relname not like '${LEDGER}\\_%'
)
select line from (
  select 'schema ' || nspname as line from spaces
  union all
  select case relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
      when 'S' then 'sequence' when 'f' then 'foreign table' when 'c' then 'type' end
    || ' ' || nspname || '.' || relname
    || case when relkind in ('v', 'm') then ' ' || md5(pg_get_viewdef(oid)) else '' end
    || case when relrowsecurity then ' with row security' else '' end
  from relations where relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
  union all
  select 'column ' || r.nspname || '.' || r.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attnotnull then ' not null' else '' end
    || case when a.attidentity <> '' then ' identity' when a.attgenerated <> '' then ' generated' else '' end
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
  where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
  union all
  select 'index ' || pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end
  from pg_index i join relations r on r.oid = i.indexrelid
  union all
  select 'constraint ' || r.nspname || '.' || r.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  from pg_constraint k join relations r on r.oid = k.conrelid
  union all
  select 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
  from pg_trigger t join relations r on r.oid = t.tgrelid where not t.tgisinternal
  union all
  select 'policy ' || r.nspname || '.' || r.relname || '.' || p.polname || ' '
    || md5(concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)))
  from pg_policy p join relations r on r.oid = p.polrelid
  union all
  select 'function ' || s.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') '
    || md5(concat_ws(' ', p.prosrc, pg_get_function_result(p.oid), p.provolatile, p.prosecdef, p.prokind))
  from pg_proc p join spaces s on s.oid = p.pronamespace
  union all
  select 'type ' || s.nspname || '.' || t.typname || ' enum (' || string_agg(e.enumlabel, ', ' order by e.enumsortorder) || ')'
  from pg_type t join spaces s on s.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid
  group by s.nspname, t.typname
  union all
  select 'domain ' || s.nspname || '.' || t.typname || ' ' || format_type(t.typbasetype, t.typtypmod)
    || case when t.typnotnull then ' not null' else '' end || coalesce(' default ' || t.typdefault, '')
  from pg_type t join spaces s on s.oid = t.typnamespace where t.typtype = 'd'
  union all
  select 'extension ' || extname || ' ' || extversion from pg_extension
) as lines order by line collate "C"`

/** Tables whose rows a copy of the schema gets too: small by the planner's count, and referring to nothing. */
export const SMALL_TABLES_QUERY = `
select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and pg_table_size(c.oid) <= $1
  and not exists (select 1 from pg_constraint k where k.conrelid = c.oid and k.contype = 'f')
order by 1, 2 limit 200`
