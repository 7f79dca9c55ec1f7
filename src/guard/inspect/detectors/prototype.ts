import { CHARS, SCORE, type Detector } from '../detector.ts'
import { proseWords, readsAsSource } from './text.ts'

/** A path of keys that ends in an object's prototype: dotted, bracketed, or one key by itself. */
const PATH =
  /(?:^|[.[\]'"\s{,;&?=:$\d])__proto__(?=$|[.[\]'"\s:=},&])|constructor['"\]]{0,2}\s{0,4}[.[:]\s{0,4}['"]?\{?\s{0,4}['"]?prototype\b/
const INNER = /"__proto__"\s{0,4}:/

/** Keys that a merge would follow into the prototype that all objects share. */
export const prototypeDetector: Detector = {
  name: 'prototype-pollution',
  names: true,
  chars: CHARS.underscore | CHARS.word,
  needs: 'both',
  words: ['__proto__', 'prototype'],
  detect(value, report) {
    const { text, name, document } = value
    const match = PATH.exec(text) ?? INNER.exec(text)
    // Keys come one by one: `constructor`, then `prototype` below it.
    const keys = text === 'prototype' && name.includes('constructor')
    if (match === null && !keys) return
    const spoken = (proseWords(text, 0, text.length) > 2 && !INNER.test(text)) || readsAsSource(text)
    const score = document || spoken ? SCORE.weak : SCORE.proof
    report({ class: 'prototype-pollution', rule: 'prototype.path', score, start: match?.index ?? 0, end: text.length })
  },
}
