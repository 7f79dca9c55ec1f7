import { SCORE } from '../../detector.ts'
import type { RequestDetector } from '../../request-detector.ts'

/** Parameters and leaves of one request: frameworks begin to refuse at 1,000. */
const PARAMETERS_TOLD = 1_000
const PARAMETERS_MAX = 4_000
/** Nesting of JSON or XML that no form or API of people's making has. */
const DEPTH_TOLD = 32
const DEPTH_MAX = 100
const PARTS_MAX = 120

/** Requests shaped to cost much: very many parameters or parts, very deep nesting. */
export const resourceDetector: RequestDetector = {
  name: 'resource',
  body(facts, report) {
    const { body } = facts
    if (body === null) return
    const say = (rule: string, score: number, excerpt: string): void =>
      report({ class: 'resource', rule: `resource.${rule}`, score, location: 'body', name: '', excerpt })
    if (body.depth >= DEPTH_TOLD)
      say('depth', body.depth >= DEPTH_MAX ? SCORE.proof : SCORE.strong, `${body.depth} levels`)
    // Long lists of numbers and records are what JSON is for; forms are filled in by hand.
    const byHand = body.format === 'form' || body.format === 'multipart'
    if (byHand && facts.count >= PARAMETERS_TOLD)
      say('parameters', facts.count >= PARAMETERS_MAX ? SCORE.proof : SCORE.strong, `${facts.count} parameters`)
    if (body.parts.length >= PARTS_MAX) say('parts', SCORE.strong, `${body.parts.length} parts`)
  },
}
