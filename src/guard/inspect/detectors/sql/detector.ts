import type { Detector, Hit, Value } from '../../detector.ts'
import { CHARS, SCORE } from '../../detector.ts'
import { judgeToken } from './rules.ts'
import { Tokens } from './tokens.ts'

const tokens = new Tokens()
const HITS_MAX = 6

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
    let hits = 0
    let proven = false
    tokens.reset(value.text, value.lower, value.location === 'path')
    while (!proven && tokens.next()) {
      const { ready } = tokens
      for (let index = tokens.from; index < ready && !proven; index++) {
        const found = judgeToken(tokens, index, value.document)
        if (found === null) continue
        proven = found.score >= SCORE.proof
        if (!proven && hits++ >= HITS_MAX) continue
        report({ class: 'sqli', ...found })
      }
    }
  },
}
