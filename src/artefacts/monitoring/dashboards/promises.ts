import type { ResolvedApp } from '../../../config/resolved.ts'
import { calc, HOUR_MS, MINUTE_MS, over, select, sum } from '../../../promises/built-in/ask.ts'
import { budgetShare, isBudgeted, type Budgeted } from '../../../promises/events.ts'
import { objectiveId } from '../../../promises/objective.ts'
import { objectivesOf } from '../../../promises/objectives.ts'
import { recordName } from '../../../promises/promise-rules.ts'
import { panel, type Board, type Row } from './board.ts'

/** What is owed and how much of the budget goes: first what is promised, then what every service is counted by. */
export function promisesBoard(app: ResolvedApp): Board {
  return {
    name: 'promises',
    title: 'Promises',
    rows: [...objectivesOf(app).filter(isBudgeted).map(rowOf), everyService()],
  }
}

function rowOf(objective: Budgeted): Row {
  const id = objectiveId(objective)
  const share = (windowMs: number) => select(recordName(windowMs), ['slo', '=', id])
  const budget = budgetShare(objective).toText()
  return {
    title: id,
    panels: [
      panel(
        `Burn rate of ${id} (1: the budget lasts exactly its period)`,
        'short',
        [calc(share(HOUR_MS), '/', budget), '1 h'],
        [calc(share(6 * HOUR_MS), '/', budget), '6 h'],
        [calc(share(72 * HOUR_MS), '/', budget), '3 d'],
      ),
      panel(
        `Share of bad events, budget ${budget}`,
        'percentunit',
        [share(5 * MINUTE_MS), '5 min'],
        [share(HOUR_MS), '1 h'],
      ),
    ],
  }
}

function everyService(): Row {
  const watched = (...matchers: Parameters<typeof select>[1][]) =>
    sum(
      over(
        'rate',
        select('seaworthy_watched_requests_total', ['watch', '=~', 'service/.+'], ...matchers),
        5 * MINUTE_MS,
      ),
      'service',
    )
  const within = (le: string) =>
    sum(
      over(
        'rate',
        select(
          'seaworthy_watched_duration_seconds_bucket',
          ['watch', '=~', 'service/.+'],
          ['le', '=~', `${le}|${le}[.]0`],
        ),
        5 * MINUTE_MS,
      ),
      'service',
    )
  const all = sum(
    over('rate', select('seaworthy_watched_duration_seconds_count', ['watch', '=~', 'service/.+']), 5 * MINUTE_MS),
    'service',
  )
  return {
    title: 'Every service, promised or not',
    panels: [
      panel('Share that is answered well', 'percentunit', [
        calc(
          watched(['status', '!~', '5xx|aborted|client-gone|unanswered']),
          '/',
          watched(['status', '!~', 'client-gone|unanswered']),
        ),
        '{{service}}',
      ]),
      panel('Share within 1 s', 'percentunit', [calc(within('1'), '/', all), '{{service}}']),
    ],
  }
}
