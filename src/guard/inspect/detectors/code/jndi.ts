import { CHARS, SCORE, type Detector } from '../../detector.ts'
import { telling } from '../report.ts'
import { words } from '../words.ts'

/** Longest lookup that is resolved. */
const LOOKUP_MAX = 512
const PLAIN = /jndi\s{0,4}:\s{0,4}(?:ldaps?|rmi|dns|iiop|corba|nds|http|nis|\$\{)/
/** Lookups of Log4j whose result is a text of the attacker's: `${lower:j}`, `${env:x:-j}`, `${::-j}`. */
const NESTED =
  /\$\{\s{0,4}(?:lower|upper|env|sys|date|main|base64|bundle|ctx|java|marker|map|sd|web|docker|k8s|spring|event|log4j|:|-|\w{0,16}:)[^${}]{0,64}?(?::-|:)([^${}:]{0,16})\}/g
const ROUNDS_MAX = 8

/** JNDI lookups, spelled out or put together from nested lookups. */
export const jndiDetector: Detector = {
  name: 'jndi',
  names: true,
  chars: CHARS.dollar,
  needs: 'both',
  words: words('jndi ${lower: ${upper: ${env: ${sys: ${date: ${base64: ${main: ${${ $${ ::- :-$ :-j'),
  detect: telling('jndi', ({ lower }, tell) => {
    const at = lower.indexOf('${')
    const first = lower.indexOf('jndi')
    if (first >= 0 && lower.lastIndexOf('$', first) >= 0 && PLAIN.test(lower.slice(first, first + 24)))
      return tell('lookup', SCORE.proof, Math.max(0, first - 2), first + 24)
    if (at < 0) return
    let text = lower.slice(at, at + LOOKUP_MAX)
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const next = text.replaceAll(NESTED, '$1')
      if (next === text) break
      text = next
      if (/\$\{?\s{0,4}jndi|\{\s{0,4}jndi\s{0,4}:/.test(text))
        return tell('nested-lookup', SCORE.proof, at, at + LOOKUP_MAX)
    }
  }),
}
