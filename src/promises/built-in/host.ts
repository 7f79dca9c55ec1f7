import type { AlertRule } from '../alert-rule.ts'
import type { Expression } from '../expression.ts'
import { absentAny, and, calc, compare, HOUR_MS, MINUTE_MS, over, select, sum } from './ask.ts'
import { builtIn } from './rule.ts'

/** The machine that everything runs on. */
export function hostRules(): readonly AlertRule[] {
  const memory = used('memory_available_bytes', 'memory_bytes')
  const disk = used('disk_available_bytes', 'disk_bytes')
  return [
    builtIn('infrastructure', {
      name: 'HostCpuHigh',
      severity: 'P2',
      when: compare(
        calc(
          sum(over('rate', select('seaworthy_host_cpu_seconds_total', ['mode', '!~', 'idle|iowait']), MINUTE_MS)),
          '/',
          sum(host('cpu_cores')),
        ),
        '>',
        '0.8',
      ),
      forMs: 5 * MINUTE_MS,
      summary: 'The machine uses {{ $value }} of its CPU.',
      absent: { when: absentAny(host('cpu_cores')), forMs: MINUTE_MS },
    }),
    builtIn('infrastructure', {
      name: 'HostLoadHigh',
      severity: 'P2',
      when: compare(calc(host('load'), '/', host('cpu_cores')), '>', '2'),
      forMs: 5 * MINUTE_MS,
      summary: 'The machine has a load of {{ $value }} per core.',
    }),
    builtIn('infrastructure', {
      name: 'HostMemoryHigh',
      severity: 'P2',
      when: compare(memory, '>', '0.85'),
      forMs: 5 * MINUTE_MS,
      summary: 'The machine uses {{ $value }} of its memory.',
    }),
    builtIn('infrastructure', {
      name: 'HostMemoryCritical',
      severity: 'P1',
      when: compare(memory, '>', '0.9'),
      forMs: MINUTE_MS,
      summary: 'The machine uses {{ $value }} of its memory.',
      inhibits: [{ rule: 'HostMemoryHigh', equal: [] }],
    }),
    builtIn('infrastructure', {
      name: 'HostSwapUsed',
      severity: 'P2',
      when: compare(calc(host('swap_used_bytes'), '/', host('swap_bytes')), '>', '0.1'),
      forMs: 5 * MINUTE_MS,
      summary: 'The machine uses {{ $value }} of its swap.',
    }),
    builtIn('infrastructure', {
      name: 'DiskFilling',
      severity: 'P2',
      when: compare(disk, '>', '0.85'),
      forMs: 5 * MINUTE_MS,
      summary: 'The disk {{ $labels.mount }} is full to {{ $value }}.',
    }),
    builtIn('infrastructure', {
      name: 'DiskAlmostFull',
      severity: 'P1',
      when: compare(disk, '>', '0.9'),
      forMs: MINUTE_MS,
      summary: 'The disk {{ $labels.mount }} is full to {{ $value }}: deploys are refused once nothing is left.',
      inhibits: [{ rule: 'DiskFilling', equal: ['mount'] }],
    }),
    builtIn('infrastructure', {
      name: 'InodesFilling',
      severity: 'P2',
      when: compare(used('inodes_free', 'inodes'), '>', '0.8'),
      forMs: 5 * MINUTE_MS,
      summary: 'The disk {{ $labels.mount }} has used {{ $value }} of its inodes.',
    }),
    builtIn('infrastructure', {
      name: 'HostDescriptorsHigh',
      severity: 'P2',
      when: compare(calc(host('descriptors'), '/', host('descriptors_limit')), '>', '0.8'),
      forMs: MINUTE_MS,
      summary: 'The machine has {{ $value }} of the files open that it may.',
    }),
    network('NetworkErrors', 'errors', 'packets per second with errors'),
    network('NetworkDrops', 'drops', 'packets per second are dropped'),
  ]
}

function host(what: string) {
  return select(`seaworthy_host_${what}`)
}

/** The share that is not free. */
function used(free: string, all: string): Expression {
  return calc(calc(host(all), '-', host(free)), '/', host(all))
}

/** More than one a second, and more than ten times what was usual over the six hours before. */
function network(name: string, what: string, words: string): AlertRule {
  const counter = host(`network_${what}_total`)
  const now = over('rate', counter, 5 * MINUTE_MS)
  const usual = over('rate', { ...counter, offsetMs: 10 * MINUTE_MS }, 6 * HOUR_MS)
  return builtIn('infrastructure', {
    name,
    severity: 'P2',
    when: and(compare(now, '>', '1'), compare(now, '>', calc(usual, '*', '10'))),
    forMs: 5 * MINUTE_MS,
    summary: `{{ $labels.device }} ({{ $labels.direction }}): {{ $value }} ${words}.`,
  })
}
