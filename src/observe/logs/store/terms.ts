import { LEVELS, type LogLine, type LogQuery } from '../line.ts'
import { wordsOf } from '../words.ts'

/**
 * What a line is found by, as terms of one full-text index: its words, and behind a sign that no word holds its service,
 * instance, level and ids. One index answers every question in the order of the keys, however rare or common the terms are.
 */
export function termsOf(line: Omit<LogLine, 'atMs'>): string {
  const { service, instance, level, correlationId, traceId } = line
  const terms = [term('s', service), term('l', level)]
  if (instance !== null) terms.push(term('i', instance))
  if (correlationId !== null) terms.push(term('c', correlationId))
  if (traceId !== null) terms.push(term('t', traceId))
  return [...terms, ...wordsOf(line.text)].join(' ')
}

/** A query in the language of FTS5, each term in quotes; null: every line matches. */
export function matchOf(query: LogQuery): string | null {
  const { service, instance, level, correlationId, traceId, text } = query
  const all: string[] = []
  const also = (name: string, value: string | undefined): void => {
    if (value !== undefined) all.push(quoted(term(name, value)))
  }
  also('c', correlationId)
  also('t', traceId)
  also('i', instance)
  also('s', service)
  all.push(...wordsOf(text ?? '').map(quoted))
  if (level !== undefined && level !== LEVELS[0]) {
    const levels = LEVELS.slice(LEVELS.indexOf(level)).map((name) => quoted(term('l', name)))
    all.push(`(${levels.join(' OR ')})`)
  }
  return all.length === 0 ? null : all.join(' AND ')
}

/** Characters that the tokenizer below leaves in a term; of letters only small ones, since it folds the others. */
export const TOKENIZER = `ascii tokenchars '_:@.-'`

function term(name: string, value: string): string {
  return /^[a-z0-9_:@.-]+$/.test(value) ? `·${name}:${value}` : `·${name}::${Buffer.from(value).toString('hex')}`
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
