import type { IncomingMessage } from 'node:http'
import { Problem } from '../../core/problem.ts'
import { LEVELS, type LogQuery } from '../../observe/logs/line.ts'
import { LINE_FILTERS, TOPICS, type Topic } from '../api/live-events.ts'
import { parsePlace, type Place } from './place.ts'

/** What a reader of the live stream wants. */
export interface Ask {
  readonly topics: ReadonlySet<Topic>
  readonly lines: LogQuery
  /** Where it stood; null: it begins now. */
  readonly from: Place | null
}

/** @throws Problem `api.wrong-input` */
export function readAsk({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): Ask {
  const { searchParams } = new URL(url, 'http://localhost')
  const lines: Record<string, string> = {}
  for (const [name, value] of searchParams) {
    if (name === 'topics') continue
    if (!isOneOf(LINE_FILTERS, name)) throw wrong(`'${name}' is none of topics, ${LINE_FILTERS.join(', ')}`)
    if (name === 'level' && !isOneOf(LEVELS, value)) throw wrong(`level: '${value}' is none of ${LEVELS.join(', ')}`)
    lines[name] = value
  }
  const asked = (searchParams.get('topics') ?? '').split(',').filter((name) => name !== '')
  const topics = asked.map((name) => {
    if (!isOneOf(TOPICS, name)) throw wrong(`topics: '${name}' is none of ${TOPICS.join(', ')}`)
    return name
  })
  if (topics.length === 0) throw wrong('topics: nothing is asked for')
  const last = headers['last-event-id']
  const from = typeof last === 'string' && last !== '' ? parsePlace(last) : null
  return { topics: new Set(topics), lines, from }
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name)
}

function wrong(message: string): Problem {
  return new Problem('api.wrong-input', message, { hint: `Ask for some of ?topics=${TOPICS.join(',')}.` })
}
