import type { Matcher } from '../../core/series/labels.ts'
import { compileMatchers } from '../../core/series/labels.ts'
import { compileLinear } from '../../core/series/linear-pattern.ts'
import { Problem } from '../../core/problem.ts'
import type { AlertsMethods } from '../api/alerts-methods.ts'
import type { Handlers } from '../api/server.ts'
import { readTrail } from '../audit/read-trail.ts'
import { timelineFromMs, timelineOf } from '../alerts/timeline.ts'
import type { Control } from '../control.ts'
import { countOf } from './tools.ts'

/** A silence that is longer is a rule that nobody wants: change the rule. */
export const SILENCE_MS_MAX = 30 * 86_400_000
const MATCHERS_MAX = 20
const TEXT_MAX = 2_000
const TRAIL_RECORDS_MAX = 500

export function alertsHandlers({ alerts, clock, state, folder }: Control): Pick<Handlers, keyof AlertsMethods> {
  return {
    'alerts.list': () => alerts.overview(),
    'alerts.silence': ({ matchers, forMs, reason, by }) => {
      const nowMs = clock.now()
      checkMatchers(matchers)
      if (!(forMs > 0 && forMs <= SILENCE_MS_MAX)) throw wrong(`a silence lasts up to 30 d, not ${forMs} ms`)
      const text = checked(reason, 'a reason')
      const silence = alerts.silences.add({ matchers, by, reason: text, fromMs: nowMs, toMs: nowMs + forMs })
      return { silence }
    },
    'alerts.unsilence': ({ silence: id }) => {
      const silence = alerts.silences.end(id, clock.now())
      if (silence === null) throw wrong(`there is no silence ${id}`)
      return { silence }
    },
    'alerts.test': ({ channel, by }) => ({ notification: alerts.test(channel, by) }),
    'incident.list': ({ limit }) => ({ incidents: alerts.incidents.list(countOf(limit, 1_000)) }),
    'incident.get': ({ incident: id }) => {
      const incident = alerts.incident(id)
      const trail = readTrail(folder, { sinceMs: timelineFromMs(incident), limit: TRAIL_RECORDS_MAX })
      const around = { deploys: state.deploys(100), trail }
      return { incident, timeline: timelineOf(incident, alerts.incidents.entries(id), around) }
    },
    'incident.acknowledge': ({ incident, by }) => ({ incident: alerts.acknowledge(incident, by) }),
    'incident.resolve': ({ incident, by, cause }) => ({
      incident: alerts.resolve(incident, by, checked(cause, 'a cause')),
    }),
    'incident.note': ({ incident, by, text }) => {
      alerts.note(incident, by, checked(text, 'a text'))
      return {}
    },
  }
}

function checkMatchers(matchers: readonly Matcher[]): void {
  if (matchers.length === 0) throw wrong('a silence without a matcher would mute everything')
  if (matchers.length > MATCHERS_MAX || matchers.some(({ value }) => value.length > 200))
    throw wrong(`a silence has at most ${MATCHERS_MAX} matchers of 200 characters each`)
  try {
    compileMatchers(matchers, compileLinear)
  } catch (error) {
    throw wrong(`a pattern cannot be read: ${error instanceof SyntaxError ? error.message : String(error)}`)
  }
}

function checked(text: string, what: string): string {
  if (text.trim() === '' || text.length > TEXT_MAX)
    throw wrong(`${what} has at least a word and at most ${TEXT_MAX} characters`)
  return text.trim()
}

function wrong(message: string): Problem {
  return new Problem('alerts.wrong-input', message, { hint: 'See `seaworthy alerts --help`.' })
}
