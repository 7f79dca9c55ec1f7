import { SCORE } from '../detector.ts'
import type { RequestDetector } from '../request-detector.ts'

/**
 * Bodies that are not what they say. What calls itself XML and is none reaches a parser only to be refused there, unless that
 * parser is more lenient than any that was looked at here.
 */
export const bodyForm: RequestDetector = {
  name: 'body-form',
  body(facts, report) {
    const { body } = facts
    if (body === null) return
    const type = facts.header('content-type') ?? ''
    if (body.faults.includes('body.coded')) {
      report({
        class: 'protocol',
        rule: 'protocol.coded-body',
        score: SCORE.proof,
        location: 'body',
        name: '',
        excerpt: facts.header('content-encoding') ?? '',
      })
    }
    if (body.faults.includes('xml.no-xml') && /[/+]xml\b/i.test(type)) {
      report({
        class: 'protocol',
        rule: 'protocol.no-xml',
        score: SCORE.proof,
        location: 'body',
        name: '',
        excerpt: type,
      })
    }
    if (body.faults.includes('json.malformed') && /[/+]json\b/i.test(type)) {
      report({
        class: 'protocol',
        rule: 'protocol.no-json',
        score: SCORE.weak,
        location: 'body',
        name: '',
        excerpt: type,
      })
    }
  },
}
