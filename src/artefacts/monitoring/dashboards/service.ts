import type { ResolvedApp } from '../../../config/resolved.ts'
import { calc, MINUTE_MS, over, select, sum } from '../../../promises/built-in/ask.ts'
import type { Expression } from '../../../promises/expression.ts'
import { panel, type Board, type Panel } from './board.ts'

/** Four scrapes and more: a window in which one may be missing. */
const WINDOW_MS = 5 * MINUTE_MS

/** What users get of each service, and what it costs: rate, errors, duration, saturation. */
export function serviceBoard({ services }: Pick<ResolvedApp, 'services'>): Board {
  const isMemoryBounded = Object.values(services).some(({ memoryBytesMax }) => memoryBytesMax !== null)
  const counted = (...matchers: Parameters<typeof select>[1][]): Expression =>
    over('rate', select('seaworthy_requests_total', ...matchers), WINDOW_MS)
  const buckets = over('rate', select('seaworthy_request_duration_seconds_bucket'), WINDOW_MS)
  const quantile = (digits: string): Expression => ({ kind: 'quantile', digits, of: sum(buckets, 'service', 'le') })
  return {
    name: 'service',
    title: 'Services',
    rows: [
      {
        title: 'Rate, errors, duration',
        panels: [
          panel('Requests', 'reqps', [sum(counted(), 'service', 'status'), '{{service}} {{status}}']),
          panel('Share that is answered well', 'percentunit', [
            calc(
              sum(counted(['status', '!~', '5xx|aborted|client-gone|unanswered']), 'service'),
              '/',
              sum(counted(['status', '!~', 'client-gone|unanswered']), 'service'),
            ),
            '{{service}}',
          ]),
          panel(
            'Duration (interpolated between buckets)',
            's',
            [quantile('0.5'), '{{service}} p50'],
            [quantile('0.95'), '{{service}} p95'],
            [quantile('0.99'), '{{service}} p99'],
          ),
        ],
      },
      { title: 'Saturation of instances', panels: saturation(isMemoryBounded) },
      {
        title: 'The gateway',
        panels: [
          panel('Connections of clients', 'short', [select('seaworthy_gateway_connections'), 'connections']),
          panel('Requests in flight', 'short', [select('seaworthy_gateway_requests'), 'requests']),
          panel(
            'Instances',
            'short',
            [select('seaworthy_service_instances'), '{{service}}'],
            [select('seaworthy_service_instances_wanted'), '{{service}} wanted'],
          ),
        ],
      },
      { title: 'The machine', panels: machine() },
    ],
  }
}

function saturation(isMemoryBounded: boolean): readonly Panel[] {
  const share = (of: Expression, limit: string): Expression => calc(of, '/', select(`seaworthy_instance_${limit}`))
  return [
    panel('CPU of what it may use', 'percentunit', [
      share(over('rate', select('seaworthy_instance_cpu_seconds_total'), MINUTE_MS), 'cpu_limit'),
      '{{instance}}',
    ]),
    panel('Memory', 'bytes', [select('seaworthy_instance_memory_bytes'), '{{instance}}']),
    ...(isMemoryBounded
      ? [
          panel('Memory of what it may use', 'percentunit', [
            share(select('seaworthy_instance_memory_bytes'), 'memory_limit_bytes'),
            '{{instance}}',
          ]),
        ]
      : []),
    panel('Descriptors of what it may open', 'percentunit', [
      share(select('seaworthy_instance_descriptors'), 'descriptors_limit'),
      '{{instance}}',
    ]),
  ]
}

function machine(): readonly Panel[] {
  const host = (what: string): Expression => select(`seaworthy_host_${what}`)
  return [
    panel('CPU by mode', 'short', [
      sum(over('rate', select('seaworthy_host_cpu_seconds_total'), MINUTE_MS), 'mode'),
      '{{mode}}',
    ]),
    panel(
      'Memory that could be had',
      'bytes',
      [host('memory_available_bytes'), 'available'],
      [host('memory_bytes'), 'all'],
    ),
    panel('Network', 'Bps', [
      over('rate', select('seaworthy_host_network_bytes_total'), MINUTE_MS),
      '{{device}} {{direction}}',
    ]),
  ]
}
