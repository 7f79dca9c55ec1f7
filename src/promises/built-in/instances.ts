import type { AlertRule } from '../alert-rule.ts'
import { absent, and, anyOf, calc, compare, MINUTE_MS, over, select, sum, unless } from './ask.ts'
import { SYMPTOMS } from './requests.ts'
import { builtIn } from './rule.ts'

/** Services with programs: whether they are there, and how much of what they may use they do. */
export function instanceRules(services: readonly string[]): readonly AlertRule[] {
  const [first, ...rest] = services.map(missing)
  if (first === undefined) return []
  const up = select('seaworthy_instance_up')
  const restarts = select('seaworthy_instance_restarts_total')
  // Nothing is collected from what does not answer; whose metrics they are stands in the name of the instance alone.
  const unmeasured = services.map((service) => ({
    rule: 'ScrapeFailing',
    equal: [],
    source: [{ label: 'service', op: '=' as const, value: service }],
    target: [{ label: 'target', op: '=~' as const, value: `${service}@.+` }],
  }))
  return [
    builtIn('critical', {
      name: 'ServiceDown',
      severity: 'P0',
      when: compare(sum(up, 'service'), '==', '0'),
      summary: 'No instance of {{ $labels.service }} answers.',
      absent: { when: anyOf(first, ...rest), forMs: MINUTE_MS },
      inhibits: [
        ...['InstanceDown', 'InstancesMissing', 'RestartingOften', ...SYMPTOMS].map((rule) => ({
          rule,
          equal: ['service'],
        })),
        ...unmeasured,
      ],
    }),
    builtIn('critical', {
      name: 'InstanceDown',
      severity: 'P1',
      when: compare(up, '==', '0'),
      summary: '{{ $labels.instance }} does not answer.',
      inhibits: [
        ...['InstancesMissing', 'RestartingOften'].map((rule) => ({ rule, equal: ['service'] })),
        ...unmeasured,
      ],
    }),
    builtIn('infrastructure', {
      name: 'InstancesMissing',
      severity: 'P2',
      when: compare(select('seaworthy_service_instances'), '<', select('seaworthy_service_instances_wanted')),
      forMs: 5 * MINUTE_MS,
      summary: 'Only {{ $value }} instances of {{ $labels.service }} take traffic, fewer than there should be.',
    }),
    builtIn('infrastructure', {
      name: 'RestartingOften',
      severity: 'P2',
      // A second, short window, as burn rates have one: what runs for five minutes is well, and its incident over. More than
      // five in a quarter of an hour are less than three minutes apart.
      when: and(
        compare(over('increase', restarts, 15 * MINUTE_MS), '>', '5'),
        compare(over('increase', restarts, 5 * MINUTE_MS), '>', '0'),
      ),
      summary: '{{ $labels.instance }} was started again {{ $value }} times in 15 min.',
    }),
    builtIn('infrastructure', {
      name: 'InstanceCpuHigh',
      severity: 'P2',
      when: share('cpu_seconds_total', 'cpu_limit', '0.8'),
      forMs: 5 * MINUTE_MS,
      summary: '{{ $labels.instance }} uses {{ $value }} of the CPU it may.',
    }),
    builtIn('infrastructure', {
      name: 'InstanceMemoryHigh',
      severity: 'P2',
      when: share('memory_bytes', 'memory_limit_bytes', '0.85'),
      forMs: 5 * MINUTE_MS,
      summary: '{{ $labels.instance }} uses {{ $value }} of the memory it may.',
    }),
    builtIn('infrastructure', {
      name: 'InstanceMemoryCritical',
      severity: 'P1',
      when: share('memory_bytes', 'memory_limit_bytes', '0.9'),
      forMs: MINUTE_MS,
      summary: '{{ $labels.instance }} uses {{ $value }} of the memory it may; above it, it is started again.',
      inhibits: [{ rule: 'InstanceMemoryHigh', equal: ['service', 'instance'] }],
    }),
    builtIn('infrastructure', {
      name: 'InstanceDescriptorsHigh',
      severity: 'P2',
      when: share('descriptors', 'descriptors_limit', '0.8'),
      forMs: MINUTE_MS,
      summary: '{{ $labels.instance }} has {{ $value }} of the files open that it may.',
    }),
  ]
}

/** Nothing says of a service whether it is up, though it has not been stopped on purpose: then none is wanted. */
function missing(service: string): AlertRule['expression'] {
  const own = ['service', '=', service] as const
  const stopped = compare(select('seaworthy_service_instances_wanted', own), '==', '0')
  return unless(absent(select('seaworthy_instance_up', own)), stopped, 'service')
}

/** Services that are scaled by what waits for them. */
export function queueRules(): readonly AlertRule[] {
  const queue = select('seaworthy_service_queue')
  return [
    builtIn('performance', {
      name: 'QueueGrows',
      severity: 'P2',
      when: compare(calc(queue, '/', select('seaworthy_service_instances')), '>', '10'),
      forMs: 5 * MINUTE_MS,
      summary: '{{ $value }} wait for each instance of {{ $labels.service }}.',
    }),
    builtIn('performance', {
      name: 'QueueVeryLong',
      severity: 'P1',
      when: compare(queue, '>', '1000'),
      forMs: MINUTE_MS,
      summary: '{{ $value }} wait for {{ $labels.service }}.',
      inhibits: [{ rule: 'QueueGrows', equal: ['service'] }],
    }),
  ]
}

function share(used: string, limit: string, most: string): AlertRule['expression'] {
  const selector = select(`seaworthy_instance_${used}`)
  const inUse = used.endsWith('_total') ? over('rate', selector, MINUTE_MS) : selector
  return compare(calc(inUse, '/', select(`seaworthy_instance_${limit}`)), '>', most)
}
