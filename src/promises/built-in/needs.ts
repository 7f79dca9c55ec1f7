import type { Matcher } from '../../core/series/labels.ts'
import type { AlertRule } from '../alert-rule.ts'
import type { Expression } from '../expression.ts'
import { absent, absentAny, and, anyOf, calc, compare, MINUTE_MS, over, select } from './ask.ts'
import { LIGHT_SYMPTOMS, SYMPTOMS } from './requests.ts'
import { builtIn } from './rule.ts'

export interface WatchedNeed {
  readonly name: string
  readonly kind: 'postgres' | 'redis'
  readonly role: 'store' | 'cache'
  /** Services that use it, and whether any of them cannot do without. */
  readonly users: readonly string[]
  readonly required: boolean
}

/** What services use, of the kinds that can be asked. */
export function needRules(needs: readonly WatchedNeed[]): readonly AlertRule[] {
  const of = (kind: WatchedNeed['kind']) => needs.filter((need) => need.kind === kind)
  return [
    ...down(
      'NeedDown',
      'P1',
      needs.filter(({ required }) => required),
    ),
    ...down(
      'OptionalNeedDown',
      'P2',
      needs.filter(({ required }) => !required),
    ),
    ...(of('postgres').length === 0 ? [] : postgresRules(of('postgres'))),
    ...(of('redis').length === 0 ? [] : redisRules(of('redis'))),
    ...(of('redis').some(({ role }) => role === 'cache') ? cacheRules(of('redis')) : []),
  ]
}

function down(name: string, severity: 'P1' | 'P2', needs: readonly WatchedNeed[]): readonly AlertRule[] {
  const [first, ...rest] = needs.map((need) => select('seaworthy_need_up', ['need', '=', need.name]))
  if (first === undefined) return []
  return [
    builtIn('critical', {
      name,
      severity,
      when: compare(select('seaworthy_need_up', ['need', '=~', needs.map((need) => need.name).join('|')]), '==', '0'),
      // One query may fail for the network's sake; two in a row are the need's.
      forMs: 10_000,
      summary: '{{ $labels.need }} ({{ $labels.kind }}) answers nobody who connects to it.',
      absent: { when: absentAny(first, ...rest), forMs: MINUTE_MS },
      inhibits: needs.flatMap((need) => explained(need, severity)),
    }),
  ]
}

function equals(label: string, value: string): Matcher {
  return { label, op: '=', value }
}

/** What is to be expected of a need that answers nothing: what it says of itself ends, and its users fail. */
function explained({ name, kind, users }: WatchedNeed, severity: 'P1' | 'P2'): AlertRule['inhibits'] {
  const source = [equals('need', name)]
  return [
    ...(severity === 'P1' ? SYMPTOMS : LIGHT_SYMPTOMS).map((rule) => ({
      rule,
      equal: [],
      source,
      target: [{ label: 'service', op: '=~' as const, value: users.join('|') }],
    })),
    // The levels themselves say why: they are told with it.
    ...LEVELS[kind].map((rule) => ({ rule: `${rule}NoData`, equal: ['need'], source })),
    // Nothing can be collected from what does not answer.
    { rule: 'ScrapeFailing', equal: [], source, target: [equals('source', 'need'), equals('target', name)] },
  ]
}

/** What stands at some level for as long as a need is there. */
const LEVELS: Readonly<Record<WatchedNeed['kind'], readonly string[]>> = {
  postgres: ['PostgresConnectionsHigh'],
  redis: ['RedisMemoryHigh', 'RedisMemoryCritical'],
}

function postgresRules(needs: readonly WatchedNeed[]): readonly AlertRule[] {
  return [
    builtIn('data', {
      name: 'PostgresConnectionsHigh',
      severity: 'P2',
      when: compare(calc(postgres('connections'), '/', postgres('connections_limit')), '>', '0.8'),
      forMs: MINUTE_MS,
      summary: '{{ $labels.need }} has {{ $value }} of its connections in use.',
      absent: gone('seaworthy_postgres_connections', needs),
    }),
    builtIn('data', {
      name: 'PostgresLongStatement',
      severity: 'P2',
      when: compare(postgres('longest_statement_seconds'), '>', '300'),
      summary: 'A statement in {{ $labels.need }} has been running for {{ $value }} s.',
    }),
    builtIn('data', {
      name: 'PostgresDeadlock',
      severity: 'P2',
      when: compare(over('increase', postgres('deadlocks_total'), 5 * MINUTE_MS), '>', '0'),
      summary: 'Transactions in {{ $labels.need }} have waited for each other, and one was given up.',
    }),
    builtIn('data', {
      name: 'PostgresCacheHitsLow',
      severity: 'P2',
      when: hitsBelow(postgres('block_hits_total'), postgres('block_reads_total'), { share: '0.95', volume: '10000' }),
      forMs: 15 * MINUTE_MS,
      summary: '{{ $labels.need }} finds only {{ $value }} of its blocks in memory.',
    }),
  ]
}

function redisRules(needs: readonly WatchedNeed[]): readonly AlertRule[] {
  const unknown = gone('seaworthy_redis_memory_bytes', needs)
  const memory = calc(redis('memory_bytes'), '/', redis('memory_limit_bytes'))
  return [
    builtIn('data', {
      name: 'RedisMemoryHigh',
      severity: 'P2',
      when: compare(memory, '>', '0.8'),
      forMs: 5 * MINUTE_MS,
      summary: '{{ $labels.need }} uses {{ $value }} of the memory it may.',
      absent: unknown,
    }),
    builtIn('data', {
      name: 'RedisMemoryCritical',
      severity: 'P1',
      when: compare(memory, '>', '0.9'),
      forMs: MINUTE_MS,
      summary: '{{ $labels.need }} uses {{ $value }} of the memory it may: it evicts, or refuses to write, next.',
      absent: unknown,
      inhibits: [{ rule: 'RedisMemoryHigh', equal: ['need'] }],
    }),
  ]
}

function cacheRules(all: readonly WatchedNeed[]): readonly AlertRule[] {
  const caches = all.filter(({ role }) => role === 'cache').map(({ name }) => name)
  const hits = select('seaworthy_redis_hits_total', ['need', '=~', caches.join('|')])
  const misses = select('seaworthy_redis_misses_total', ['need', '=~', caches.join('|')])
  return [
    builtIn('performance', {
      name: 'CacheHitsLow',
      severity: 'P2',
      when: hitsBelow(hits, misses, { share: '0.8', volume: '1000' }),
      forMs: 15 * MINUTE_MS,
      summary: '{{ $labels.need }} has only {{ $value }} of what it is asked for.',
    }),
  ]
}

/** What a need says of itself at any time: without it an alert about it is neither over nor false. */
function gone(metric: string, needs: readonly WatchedNeed[]): { readonly when: Expression; readonly forMs: number } {
  const [first, ...rest] = needs.map(({ name }) => absent(select(metric, ['need', '=', name])))
  return { when: anyOf(first!, ...rest), forMs: MINUTE_MS }
}

/** Of at least `volume` lookups in five minutes. */
function hitsBelow(
  hits: ReturnType<typeof select>,
  misses: ReturnType<typeof select>,
  { share, volume }: { share: string; volume: string },
): Expression {
  const found = over('increase', hits, 5 * MINUTE_MS)
  const asked = calc(found, '+', over('increase', misses, 5 * MINUTE_MS))
  return and(compare(calc(found, '/', asked), '<', share), compare(asked, '>=', volume))
}

function postgres(what: string) {
  return select(`seaworthy_postgres_${what}`)
}

function redis(what: string) {
  return select(`seaworthy_redis_${what}`)
}
