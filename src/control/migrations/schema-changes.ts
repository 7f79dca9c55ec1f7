import { sha256 } from '../../core/canonical-json.ts'
import type { Schema } from './databases/database.ts'

/** Differences told of one run; more are counted. */
export const CHANGES_MAX = 50
const LINE_MAX = 400

/** One value for all schemas that a service reaches. */
export function fingerprintOf(schemas: readonly Schema[]): string {
  return sha256(schemas.map((schema) => schema.join('\n')).join('\n\n'))
}

/** What is gone and what is new, in the words of the schemas. */
export function changesBetween(before: readonly Schema[], after: readonly Schema[]): readonly string[] {
  const changes = after.flatMap((now, index) => {
    const then = before[index] ?? []
    const [old, current] = [new Set(then), new Set(now)]
    return [
      ...then.filter((line) => !current.has(line)).map((line) => `- ${line}`),
      ...now.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
    ]
  })
  const shown = changes.slice(0, CHANGES_MAX).map((line) => line.slice(0, LINE_MAX))
  return changes.length > CHANGES_MAX ? [...shown, `… and ${changes.length - CHANGES_MAX} more`] : shown
}
