import { CHARS, SCORE } from '../detector.ts'
import type { Detector, Hit } from '../detector.ts'
import { isLetter, isSpace, isWord, skipSpace } from './text.ts'

const NAME_MAX = 64

/**
 * LDAP filters: a value that closes brackets it did not open and goes on with a filter of its own, or that is a filter made to
 * be always true. A complete filter in a field that holds filters breaks out of nothing.
 * Rules: ldap.break, ldap.filter, ldap.wildcard, ldap.matching-rule, ldap.constant.
 */
export const ldapDetector: Detector = {
  name: 'ldap',
  chars: CHARS.paren | CHARS.star | CHARS.colon,
  words: [')(', ')|', ')&', ') (', ')\t(', '(|', '(&', '(!', '*)', '*(', '))', ':='],
  needs: 'both',
  detect(value, report) {
    if (value.document) return
    const { lower } = value
    if (wildcards(lower)) return report(hit('ldap.wildcard', 0, lower.length))
    const rule = matchingRule(lower)
    if (rule > 0) return report(hit('ldap.matching-rule', 0, rule))
    brackets(lower, report)
  },
}

function hit(rule: string, start: number, end: number): Hit {
  return { class: 'ldap', rule, score: SCORE.proof, start, end }
}

/** Walks the brackets: what opens after more was closed than opened, and what is compared in there. */
function brackets(lower: string, report: (hit: Hit) => void): void {
  let depth = 0
  let broken = false
  for (let at = 0; at < lower.length; at++) {
    const code = lower.charCodeAt(at)
    if (code === 41) {
      if (--depth < 0) {
        broken = true
        depth = 0
      }
      continue
    }
    if (code !== 40) continue
    depth++
    // `admin)(|`, `x) ( & `: one filter closed and another begun behind a word.
    if (broken && closedBehindWord(lower, at) && isOperator(lower.charCodeAt(skipSpace(lower, at + 1, 4)))) {
      return report(hit('ldap.break', Math.max(0, at - 2), Math.min(lower.length, at + 4)))
    }
    const operators = filterOperators(lower, at + 1)
    const name = comparedName(lower, operators)
    if (name < 0) continue
    // `x)(cn=`; `*(|(mail=*))`: an operator of a filter after something else.
    const follows = at > 0 && !isSpace(lower.charCodeAt(at - 1))
    const joined = operators > at + 1
    if (broken || (joined && follows && depth === 1)) {
      return report(hit(broken ? 'ldap.break' : 'ldap.filter', Math.max(0, at - 1), name))
    }
    // (1=0), (0=0): numbers compared are no attribute.
    const constant = isDigits(lower, operators, name - 1)
    if (constant && (depth > 1 || joined)) return report(hit('ldap.constant', at, name))
  }
}

/** Whether a bracket is closed right before the one at `at`, blanks aside, behind a letter or a digit. */
function closedBehindWord(lower: string, at: number): boolean {
  let before = at - 1
  for (let count = 0; count < 4 && isSpace(lower.charCodeAt(before)); count++) before--
  return lower.charCodeAt(before) === 41 && isWord(lower.charCodeAt(before - 1))
}

function isOperator(code: number): boolean {
  return code === 38 || code === 124 || code === 33
}

/** Past `&`, `|`, `!` and the brackets they open, and blanks. */
function filterOperators(lower: string, from: number): number {
  const bound = Math.min(lower.length, from + 16)
  let at = from
  while (at < bound) {
    const code = lower.charCodeAt(at)
    if (code === 38 || code === 124 || code === 33 || code === 40) at++
    else return at
  }
  return at
}

/** The end of `name=`, `name~=`, `name>=` at `from`; -1 when it is none. */
function comparedName(lower: string, from: number): number {
  const bound = Math.min(lower.length, from + NAME_MAX)
  let at = from
  while (at < bound && (isWord(lower.charCodeAt(at)) || lower.charCodeAt(at) === 45 || lower.charCodeAt(at) === 59))
    at++
  // Attributes have names, not letters.
  if (at < from + 2 && !isDigits(lower, from, at)) return -1
  at = skipSpace(lower, at, 4)
  const code = lower.charCodeAt(at)
  if (code === 126 || code === 60 || code === 62 || code === 58) at++
  return at > from && lower.charCodeAt(at) === 61 && lower.charCodeAt(at + 1) !== 61 ? at + 1 : -1
}

function isDigits(lower: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (lower.charCodeAt(at) < 48 || lower.charCodeAt(at) > 57) return false
  return to > from
}

/** Nothing but the signs of filters, with a star and a bracket among them: `*))`, `*()|&'`. */
function wildcards(lower: string): boolean {
  if (lower.length < 3 || lower.length > 32) return false
  let stars = 0
  let closed = 0
  for (let at = 0; at < lower.length; at++) {
    const code = lower.charCodeAt(at)
    if (code === 42) stars++
    else if (code === 41) closed++
    else if (code !== 40 && code !== 124 && code !== 38 && code !== 39 && code !== 33 && code !== 34) return false
  }
  return stars > 0 && closed > 0 && (closed > 1 || lower.length > 4)
}

/** `userPassword:2.5.13.18:=123`: compares by a rule that the server's own access checks may not know. Its end, or 0. */
function matchingRule(lower: string): number {
  if (!isLetter(lower.charCodeAt(0)) || lower.length > 512) return 0
  const match = /^[a-z][a-z0-9-]{1,40}(?::dn)?:\d+(?:\.\d+){2,12}:=/.exec(lower)
  return match === null ? 0 : match[0].length
}
