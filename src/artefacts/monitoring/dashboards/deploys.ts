import { calc, MINUTE_MS, over, select, sum } from '../../../promises/built-in/ask.ts'
import { panel, type Board } from './board.ts'

/** What changed, and whether what came is worse than what was there. */
export function deploysBoard(): Board {
  const requests = (...matchers: Parameters<typeof select>[1][]) =>
    sum(over('rate', select('seaworthy_requests_total', ...matchers), MINUTE_MS), 'service', 'release')
  return {
    name: 'deploys',
    title: 'Deploys',
    rows: [
      {
        title: 'Releases',
        panels: [
          panel('Which release is live', 'bool', [select('seaworthy_release_live'), '{{service}} {{release}}']),
          panel('Deploys that ended', 'short', [select('seaworthy_deploys_total'), '{{outcome}}']),
          panel('Requests by release', 'reqps', [requests(), '{{service}} {{release}}']),
          panel('Share answered well, by release', 'percentunit', [
            calc(
              requests(['status', '!~', '5xx|aborted|client-gone|unanswered']),
              '/',
              requests(['status', '!~', 'client-gone|unanswered']),
            ),
            '{{service}} {{release}}',
          ]),
        ],
      },
      {
        title: 'Instances and what watches them',
        panels: [
          panel('Started again in 15 min', 'short', [
            over('increase', select('seaworthy_instance_restarts_total'), 15 * MINUTE_MS),
            '{{instance}}',
          ]),
          panel('Since the rules were evaluated', 's', [
            calc({ kind: 'time' }, '-', select('seaworthy_heartbeat_timestamp_seconds')),
            'seconds',
          ]),
          panel('What could not be collected', 'bool', [select('seaworthy_scrape_up'), '{{source}} {{target}}']),
        ],
      },
    ],
  }
}
