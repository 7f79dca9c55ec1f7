import type { NeedReport } from '../control/needs/report.ts'
import { table } from './output.ts'

/** The needs of an environment as a table, with the cause where one is not well. */
export function describeNeeds(needs: readonly NeedReport[]): string {
  return table([
    ['need', 'state', 'what', 'pid', 'port', 'restarts', 'since', 'cause'],
    ...needs.map((one) => [
      one.need,
      one.state ?? one.place,
      whatIs(one),
      String(one.pid ?? '-'),
      String(one.port ?? '-'),
      String(one.restarts),
      one.since === null ? '-' : new Date(one.since).toISOString().replace('T', ' ').slice(0, 19),
      one.cause?.split('\n')[0] ?? '',
    ]),
  ])
}

/** A Kafka tells no version: the one that is known is of an image that we run, and no test has run that. */
function whatIs({ kind, version }: NeedReport): string {
  if (version === null) return kind
  return kind === 'kafka' ? `kafka, image ${version} (not verified)` : `${kind} ${version}`
}

/** A sentence for each need that is not well. */
export function describeLacks(needs: readonly NeedReport[]): readonly string[] {
  return needs
    .filter(({ state, cause }) => cause !== null && state !== 'healthy')
    .map(({ need, state, cause }) => `! ${need} is ${state ?? 'lacking'}: ${cause!.split('\n')[0]}`)
}
