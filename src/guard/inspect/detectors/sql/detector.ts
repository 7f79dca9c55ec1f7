import type { Detector, Hit, Value } from '../../detector.ts'
import { CHARS } from '../../detector.ts'
import { HitList } from '../hit-list.ts'
import { judgeWindow } from './rules.ts'
import { Tokens } from './tokens.ts'

const tokens = new Tokens()
const NOTHING = { path: false, key: false }
const hits = new HitList()

/**
 * SQL injection: a value that breaks out of the string or number it was meant to be, or that fills a parameter with SQL.
 * Rules: sqli.tautology, sqli.union, sqli.stacked, sqli.function, sqli.subselect, sqli.comment-tail, sqli.probe, sqli.cast, …
 * (see rules.ts). SQL quoted in prose, in a commit message or in a block of code breaks out of nothing.
 */
export const sqlDetector: Detector = {
  name: 'sql',
  chars: CHARS.quote | CHARS.comment | CHARS.equals | CHARS.paren,
  words: [
    'select',
    'union',
    'waitfor',
    'order',
    'having',
    'exec',
    'insert',
    'truncate',
    'declare',
    'create',
    'schema',
    'pg_',
    'sys',
    '::',
    '.e.',
    'true',
    '2.22507385850720',
    'msdb',
    'northwind',
    'sqlite_',
    'information_',
    'user_',
    'all_',
    'dba_',
  ],
  names: true,
  detect(value: Value, report: (hit: Hit) => void): void {
    if (value.hint === 'code') return
    const { text, lower, name, location } = value
    tokens.reset(text, lower, { path: location === 'path', key: text !== '' && name.endsWith(text) })
    while (!hits.proven && tokens.next()) judgeWindow(tokens, value.document, hits)
    tokens.reset('', '', NOTHING)
    hits.flush(report)
  },
}
