import type { ResolvedApp } from '../../../config/resolved.ts'
import { calc, MINUTE_MS, over, select } from '../../../promises/built-in/ask.ts'
import type { Expression } from '../../../promises/expression.ts'
import { panel, type Board, type Panel, type Row } from './board.ts'

/** What the app keeps: needs of the kinds it has, backups where they are declared, and the disks under all of it. */
export function dataBoard({ needs, backups = {} }: ResolvedApp): Board {
  const has = (kind: string): boolean => Object.values(needs).some((need) => need.kind === kind)
  const rows: readonly (Row | null)[] = [
    has('postgres') || has('redis')
      ? { title: 'Needs', panels: [panel('Answers', 'bool', [select('seaworthy_need_up'), '{{need}}'])] }
      : null,
    has('postgres') ? { title: 'Postgres', panels: postgres() } : null,
    has('redis') ? { title: 'Redis', panels: redis() } : null,
    Object.keys(backups).length > 0 ? { title: 'Backups', panels: backup() } : null,
    { title: 'Disks', panels: disks() },
  ]
  return { name: 'data', title: 'Data', rows: rows.filter((row) => row !== null) }
}

function postgres(): readonly Panel[] {
  const of = (what: string) => select(`seaworthy_postgres_${what}`)
  const [hits, reads] = ['block_hits_total', 'block_reads_total'].map((what) =>
    over('rate', of(what), 5 * MINUTE_MS),
  ) as [Expression, Expression]
  return [
    panel('Connections of what there may be', 'percentunit', [
      calc(of('connections'), '/', of('connections_limit')),
      '{{need}}',
    ]),
    panel('Blocks found in memory', 'percentunit', [calc(hits, '/', calc(hits, '+', reads)), '{{need}}']),
    panel('Size', 'bytes', [of('database_bytes'), '{{need}}']),
    panel('Longest statement', 's', [of('longest_statement_seconds'), '{{need}}']),
    panel('Deadlocks in 5 min', 'short', [over('increase', of('deadlocks_total'), 5 * MINUTE_MS), '{{need}}']),
  ]
}

function redis(): readonly Panel[] {
  const of = (what: string) => select(`seaworthy_redis_${what}`)
  const [hits, misses] = ['hits_total', 'misses_total'].map((what) => over('rate', of(what), 5 * MINUTE_MS)) as [
    Expression,
    Expression,
  ]
  return [
    panel('Memory', 'bytes', [of('memory_bytes'), '{{need}}']),
    panel('Keys found', 'percentunit', [calc(hits, '/', calc(hits, '+', misses)), '{{need}}']),
    panel('Clients', 'short', [of('clients'), '{{need}}']),
  ]
}

function backup(): readonly Panel[] {
  const age = (what: string): Expression =>
    calc({ kind: 'time' }, '-', select(`seaworthy_backup_${what}_timestamp_seconds`))
  return [
    panel('Age of the newest point that can be restored to', 's', [age('newest'), '{{need}}']),
    panel('Age of the newest point that a restore has shown', 's', [age('verified'), '{{need}}']),
  ]
}

function disks(): readonly Panel[] {
  const used = (free: string, all: string): Expression => calc(calc(select(all), '-', select(free)), '/', select(all))
  return [
    panel('Space in use', 'percentunit', [
      used('seaworthy_host_disk_available_bytes', 'seaworthy_host_disk_bytes'),
      '{{mount}}',
    ]),
    panel('Inodes in use', 'percentunit', [used('seaworthy_host_inodes_free', 'seaworthy_host_inodes'), '{{mount}}']),
  ]
}
