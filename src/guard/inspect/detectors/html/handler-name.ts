import { CHARS, SCORE, type Detector } from '../../detector.ts'
import { isLetter, isSpace } from '../text.ts'

const NAME_CHARS_MIN = 5
const NAME_CHARS_MAX = 50
const BEFORE_MAX = 16

/**
 * A further attribute of whatever tag the page puts the name of a parameter into: `? onanything%3d=x`. Names hold neither a blank,
 * a slash or a quote first nor an equals sign, so that the event need not be one that browsers know today. Values are the
 * html detector's.
 */
export const handlerNameDetector: Detector = {
  name: 'handler-name',
  chars: CHARS.equals,
  words: [' on', '/on', '"on', "'on", '`on'],
  needs: 'both',
  names: true,
  detect({ text, lower, name, hint }, report) {
    if (hint === 'code' || !name.endsWith(text)) return
    let start = 0
    while (start < BEFORE_MAX && separates(lower.charCodeAt(start))) start++
    if (start === 0 || !lower.startsWith('on', start)) return
    let stop = start + 2
    while (stop - start <= NAME_CHARS_MAX && isLetter(lower.charCodeAt(stop))) stop++
    const length = stop - start
    if (length < NAME_CHARS_MIN || length > NAME_CHARS_MAX) return
    let equals = stop
    while (equals < stop + BEFORE_MAX && isSpace(lower.charCodeAt(equals))) equals++
    if (lower.charCodeAt(equals) !== 61 || lower.charCodeAt(equals + 1) === 61) return
    report({ class: 'xss', rule: 'xss.handler', score: SCORE.proof, start, end: equals + 1 })
  },
}

/** A blank, `/`, a quote: what ends the attribute before. */
function separates(code: number): boolean {
  return isSpace(code) || code === 47 || code === 34 || code === 39 || code === 96
}
