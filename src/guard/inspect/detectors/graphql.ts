import { CHARS, SCORE } from '../detector.ts'
import type { Detector } from '../detector.ts'
import type { RequestDetector, RequestFacts, RequestHit } from '../request-detector.ts'
import { isLetter, isSpace, isWord, skipSpace } from './text.ts'

/** Selections within selections. Introspection by the usual tools needs 13; applications seldom exceed 10. */
export const DEPTH_MAX = 20
/** Fields asked for under another name: each of them is resolved anew. */
export const ALIASES_MAX = 100
/** `@include`, `@skip` …: a resolver of each, whatever it is on. */
export const DIRECTIVES_MAX = 100

/** What a document asks for, counted without a schema. */
export interface DocumentShape {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /** A fragment spreads itself. */
  readonly circular: boolean
}

/**
 * Limits on the shape of GraphQL documents. Rules: graphql.depth, graphql.aliases, graphql.directives, graphql.circular,
 * graphql.introspection.
 */
export const graphqlShape: RequestDetector = {
  name: 'graphql-shape',
  head: (facts, report) => judge(facts, report),
  body: (facts, report) => judge(facts, report),
}

function judge({ graphql }: RequestFacts, report: (hit: RequestHit) => void): void {
  if (graphql.length === 0) return
  const tell = (rule: string, excerpt: string) =>
    report({ class: 'graphql', rule, score: SCORE.proof, location: 'graphql', name: 'query', excerpt })
  for (const text of graphql) {
    const { depth, aliases, directives, circular } = shapeOf(text)
    if (depth > DEPTH_MAX) tell('graphql.depth', `depth ${depth}`)
    if (aliases > ALIASES_MAX) tell('graphql.aliases', `${aliases} aliases`)
    if (directives > DIRECTIVES_MAX) tell('graphql.directives', `${directives} directives`)
    if (circular) tell('graphql.circular', 'a fragment spreads itself')
    if (introspects(text)) tell('graphql.introspection', '__schema')
  }
}

/** Introspection in a text that only some readers take for a document. */
export const graphqlDetector: Detector = {
  name: 'graphql',
  chars: CHARS.brace,
  needs: 'both',
  words: ['__schema'],
  detect({ text, document }, report) {
    if (!document && introspects(text)) {
      const start = text.indexOf('__schema')
      report({ class: 'graphql', rule: 'graphql.introspection', score: SCORE.proof, start, end: start + 8 })
    }
  },
}

/** Whether the schema itself is selected: the whole of it to anybody who asks. Production servers switch that off. */
function introspects(text: string): boolean {
  for (let at = text.indexOf('__schema'); at >= 0; at = text.indexOf('__schema', at + 8)) {
    let before = at - 1
    while (before >= 0 && at - before < 64 && (isSpace(text.charCodeAt(before)) || text.charCodeAt(before) === 44))
      before--
    const opened =
      before >= 0 &&
      (text.charCodeAt(before) === 123 || text.charCodeAt(before) === 125 || text.charCodeAt(before) === 58)
    if (opened && text.charCodeAt(skipSpace(text, at + 8)) === 123) return true
  }
  return false
}

/** Counts in one pass over the tokens; literals and comments are skipped. */
export function shapeOf(text: string): DocumentShape {
  let depth = 0
  let deepest = 0
  let brackets = 0
  let aliases = 0
  let directives = 0
  let circular = false
  let fragment = ''
  let previous = ''
  let afterSpread = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = literalEnd(text, at) - 1
    else if (code === 35) {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (code === 123) {
      if (brackets === 0 && ++depth > deepest) deepest = depth
    } else if (code === 125) {
      if (brackets === 0 && --depth <= 0) {
        depth = 0
        fragment = ''
      }
    } else if (code === 40) brackets++
    else if (code === 41) brackets = Math.max(0, brackets - 1)
    else if (code === 64) directives++
    else if (code === 58 && brackets === 0 && depth > 0) aliases++
    else if (code === 46 && text.startsWith('...', at)) {
      afterSpread = true
      at += 2
    } else if (isLetter(code) || code === 95) {
      let end = at + 1
      while (end < text.length && isWord(text.charCodeAt(end))) end++
      const name = text.slice(at, Math.min(end, at + 64))
      if (afterSpread && fragment !== '' && name === fragment) circular = true
      if (previous === 'fragment' && depth === 0) fragment = name
      previous = name
      afterSpread = false
      at = end - 1
    } else if (!isSpace(code)) afterSpread = false
  }
  return { depth: deepest, aliases, directives, circular }
}

function literalEnd(text: string, at: number): number {
  if (text.startsWith('"""', at)) {
    const end = text.indexOf('"""', at + 3)
    return end < 0 ? text.length : end + 3
  }
  let index = at + 1
  while (index < text.length && text.charCodeAt(index) !== 34 && text.charCodeAt(index) !== 10) {
    index += text.charCodeAt(index) === 92 ? 2 : 1
  }
  return index + 1
}
