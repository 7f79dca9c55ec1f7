/** Rules of every kind that the evaluator has to answer as Prometheus does. */
import type { Labels, Matcher } from '../../../src/core/series/labels.ts'
import type { Expression, OverTime, Selector } from '../../../src/promises/expression.ts'

export interface Rule {
  readonly name: string
  readonly expression: Expression
  readonly forMs: number
}

type Kind<K extends Expression['kind']> = Expression & { kind: K }

const number = (digits: string): Expression => ({ kind: 'number', digits })
const metric = (name: string, ...matchers: readonly Matcher[]): Selector => ({
  kind: 'selector',
  metric: name,
  matchers,
})
const matcher = (label: string, op: Matcher['op'], value: string): Matcher => ({ label, op, value })
const over = (call: OverTime, of: Selector, windowMs: number): Expression => ({ kind: 'over', call, of, windowMs })
const by = (call: Kind<'aggregate'>['call'], labels: readonly string[] | null, of: Expression): Expression => ({
  kind: 'aggregate',
  call,
  by: labels,
  of,
})
const binary = (
  left: Expression,
  op: Kind<'binary'>['op'],
  right: Expression,
  on: readonly string[] | null = null,
): Expression => ({ kind: 'binary', op, left, right, on })

const PER_SERVICE = ['set', 'service']
const requests = (...matchers: readonly Matcher[]) => metric('requests_total', ...matchers)
const failed = matcher('status', '=~', '5xx|aborted')
const rateOf = (of: Selector, windowMs: number) => by('sum', PER_SERVICE, over('rate', of, windowMs))
const ratio = (windowMs: number) => binary(rateOf(requests(failed), windowMs), '/', rateOf(requests(), windowMs))
const volume = by('sum', PER_SERVICE, over('increase', requests(), 120_000))
const memory = metric('memory_bytes')
const up = metric('up')

/**
 * No bound is one that a sum or a ratio of the drawn counts can meet: their last bit depends on the order in which the series
 * are added, and promtool's is another in each run (0.144, as 36 of 250, fired in one run of three on a busy machine).
 *
 * @param sets those whose absence is asked for by name
 */
export function rulesFor(sets: readonly string[]): readonly Rule[] {
  return [
    {
      name: 'ErrorRatio',
      expression: binary(binary(ratio(120_000), '>', number('0.1503')), 'and', binary(volume, '>', number('40.007'))),
      forMs: 60_000,
    },
    {
      name: 'Burn',
      expression: binary(
        binary(ratio(300_000), '>', number('0.14403')),
        'and',
        binary(ratio(60_000), '>', number('0.14403')),
        PER_SERVICE,
      ),
      forMs: 0,
    },
    { name: 'NoTraffic', expression: binary(rateOf(requests(), 60_000), '==', number('0')), forMs: 20_000 },
    {
      name: 'Failed',
      expression: binary(
        by('sum', ['set'], over('increase', requests(matcher('status', '!=', '2xx')), 300_000)),
        '>=',
        number('59.993'),
      ),
      forMs: 40_000,
    },
    {
      name: 'Quick',
      expression: binary(over('rate', requests(matcher('status', '!~', '5.*|4xx')), 20_000), '>', number('0.9')),
      forMs: 0,
    },
    {
      name: 'Latency',
      expression: binary(
        {
          kind: 'quantile',
          digits: '0.9',
          of: by('sum', [...PER_SERVICE, 'le'], over('rate', metric('duration_seconds_bucket'), 120_000)),
        },
        '>',
        number('0.38'),
      ),
      forMs: 20_000,
    },
    // Above any bound it can be: what has no bucket of everything has no median at all.
    {
      name: 'Median',
      expression: binary(
        {
          kind: 'quantile',
          digits: '0.5',
          of: by('sum', [...PER_SERVICE, 'le'], over('rate', metric('duration_seconds_bucket'), 120_000)),
        },
        '>',
        number('0.06'),
      ),
      forMs: 20_000,
    },
    { name: 'Memory', expression: binary(by('avg', ['set'], memory), '>', number('60.0013')), forMs: 40_000 },
    { name: 'MemoryPeak', expression: binary(over('max_over_time', memory, 90_000), '>', number('75')), forMs: 0 },
    { name: 'MemoryLow', expression: binary(over('min_over_time', memory, 90_000), '<', number('20')), forMs: 0 },
    // The last bit of a mean depends on the order of its sum: never equal or not equal to something.
    {
      name: 'MemoryMean',
      expression: binary(binary(over('avg_over_time', memory, 180_000), '-', memory), '>', number('3.003')),
      forMs: 60_000,
    },
    {
      name: 'MemoryRose',
      expression: binary(memory, '>', { ...memory, offsetMs: 60_000 }, ['set', 'instance']),
      forMs: 60_000,
    },
    { name: 'MemorySum', expression: binary(over('sum_over_time', memory, 60_000), '>', number('350')), forMs: 0 },
    { name: 'Down', expression: binary(up, '==', number('0')), forMs: 20_000 },
    { name: 'Flapping', expression: binary(over('changes', up, 300_000), '>', number('3')), forMs: 0 },
    { name: 'Missed', expression: binary(over('count_over_time', up, 120_000), '<', number('10')), forMs: 20_000 },
    {
      name: 'Few',
      expression: binary(
        binary(by('count', ['set'], binary(up, '==', number('1'))), '<', number('2')),
        'unless',
        binary(by('max', ['set'], memory), '>', number('90')),
        ['set'],
      ),
      forMs: 0,
    },
    {
      name: 'Either',
      expression: binary(
        binary(by('min', ['set', 'instance'], up), '<', number('1')),
        'or',
        binary(memory, '>', number('95')),
        ['set', 'instance'],
      ),
      forMs: 20_000,
    },
    {
      name: 'NotSeen',
      expression: binary(binary({ kind: 'time' }, '-', metric('seen_timestamp_seconds')), '>', number('60')),
      forMs: 20_000,
    },
    ...sets.map((set) => ({ name: `Absent${set}`, expression: absentOf(set), forMs: 20_000 })),
  ]
}

function absentOf(set: string): Expression {
  return { kind: 'absent', of: metric('up', matcher('set', '=', set), matcher('instance', '=', '1')) }
}

/** The labels of an alert as promtool wants them. */
export function alertLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
