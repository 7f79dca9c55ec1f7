import { CHARS, SCORE } from '../detector.ts'
import type { Detector, Hit, Value } from '../detector.ts'
import { isLetter, isSpace, isWord, skipSpace, skipWord } from './text.ts'

/** Operators of MongoDB that turn a value into a query. OData's `$filter`, `$select` and JSON's `$type`, `$ref` are none. */
const OPERATORS: ReadonlySet<string> = new Set(
  (
    'ne gt gte lt lte eq in nin regex where or and nor not exists expr elemmatch function accumulator jsonschema ' +
    'lookup out merge mod all options near nearsphere geowithin geointersects comment natural facet unionwith'
  ).split(' '),
)
/** Methods of a collection, for `db.<collection>.<method>(`. */
const METHODS: ReadonlySet<string> = new Set(
  (
    'insert insertone insertmany find findone remove deleteone deletemany drop update updateone updatemany save aggregate count ' +
    'mapreduce eval dropdatabase renamecollection findandmodify runcommand'
  ).split(' '),
)
const WORD_MAX = 24

/**
 * Operators where a value was expected (`user[$ne]=`, `{"age": {"$gt": ""}}`), also as text that breaks into a query object, and
 * script for `$where`. Rules: nosql.operator-key, nosql.operator, nosql.script, nosql.collection.
 */
export const nosqlDetector: Detector = {
  name: 'nosql',
  chars: CHARS.dollar,
  words: ['return', 'new date', 'while(', 'while (', 'db.'],
  names: true,
  detect(value, report) {
    const { lower, mask } = value
    if ((mask & CHARS.dollar) !== 0 && operator(value, report)) return
    if (value.document || (mask & (CHARS.paren | CHARS.semicolon)) === 0) return
    if (lower.includes('db.') && collection(lower, report)) return
    script(lower, report)
  },
}

function operator({ lower, document }: Value, report: (hit: Hit) => void): boolean {
  for (let at = lower.indexOf('$'); at >= 0; at = lower.indexOf('$', at + 1)) {
    // A row of them costs no search each.
    while (lower.charCodeAt(at + 1) === 36) at++
    if (!isLetter(lower.charCodeAt(at + 1))) continue
    const end = skipWord(lower, at + 1, WORD_MAX)
    if (!OPERATORS.has(lower.slice(at + 1, end))) continue
    const before = at === 0 ? 0 : lower.charCodeAt(at - 1)
    const after = lower.charCodeAt(end)
    // The whole name, or one step of it: $where, user[$ne], filter.$or
    const begins = before === 0 || before === 91 || before === 46
    const isStep = begins && (end === lower.length || (before === 91 && after === 93))
    if (isStep && end - at > 2) {
      report(hit('nosql.operator-key', SCORE.proof, at, end))
      return true
    }
    if (
      document ||
      !(before === 0 || isSpace(before) || before === 123 || before === 44 || before === 34 || before === 39)
    )
      continue
    const quoted = (before === 34 || before === 39) && after === before
    const colon = skipSpace(lower, quoted ? end + 1 : end)
    if (lower.charCodeAt(colon) !== 58) continue
    report(hit('nosql.operator', SCORE.proof, at, colon + 1))
    return true
  }
  return false
}

/** `db.users.drop(`, where a value begins. */
function collection(lower: string, report: (hit: Hit) => void): boolean {
  let at = lower.indexOf('db.')
  if (at > 2 || (at > 0 && isWord(lower.charCodeAt(at - 1)))) return false
  at += 3
  for (let steps = 0; steps < 4; steps++) {
    const end = skipWord(lower, at, 64)
    if (end === at) return false
    if (lower.charCodeAt(end) === 40) {
      if (!METHODS.has(lower.slice(at, end))) return false
      report(hit('nosql.collection', SCORE.proof, 0, end + 1))
      return true
    }
    if (lower.charCodeAt(end) !== 46) return false
    at = end + 1
  }
  return false
}

/** Script that answers for a condition or keeps the server busy: `;return true`, `do{…}while(new Date()-start<5000)`. */
function script(lower: string, report: (hit: Hit) => void): void {
  for (let at = lower.indexOf('return'); at >= 0; at = lower.indexOf('return', at + 6)) {
    // After one value and its end, as in `0;`, `x');`: further on it is a program.
    if (at > 40) break
    if (!/^\s*[\w.@-]{0,24}['"]?[\s)}\]]{0,8};\s*$/.test(lower.slice(0, at))) continue
    const answer = skipSpace(lower, at + 6)
    if (
      isWord(lower.charCodeAt(at + 6)) ||
      !/^\(?\s*(?:true|false|[01]\b|!|this\b|['"])/.test(lower.slice(answer, answer + 16))
    )
      continue
    return report(hit('nosql.script', SCORE.proof, 0, answer + 4))
  }
  const date = lower.indexOf('new date(')
  if (date < 0) return
  const loop = /(?:^|[^a-z])(?:do\s?\{|while\s?\(|for\s?\()/.exec(lower)
  if (loop !== null)
    report(hit('nosql.script', SCORE.proof, Math.min(loop.index, date), Math.max(loop.index, date) + 9))
}

function hit(rule: string, score: number, start: number, end: number): Hit {
  return { class: 'nosql', rule, score, start, end }
}
