import type { ResolvedApp } from '../../config/resolved.ts'
import { notVerified } from '../../deploy/need-settings.ts'
import { usedNeeds } from '../../deploy/used-needs.ts'
import type { Finding } from '../hosted/hosted.ts'

/** The needs whose containers nobody has seen working. */
export function labelNeeds(app: ResolvedApp): readonly Finding[] {
  return Object.keys(usedNeeds(app)).flatMap((need): Finding[] => {
    const detail = notVerified(app.needs[need]!, app.target)
    return detail === null ? [] : [{ level: 'note', what: `need ${need}`, detail }]
  })
}
