import type { ControlClient } from '../control/api/client.ts'
import type { ShownLine } from './log-lines.ts'

/** Traces told of at most: an id that clients share may stand on many. */
const TRACES_MAX = 3

/** What leads on from the lines of a request: the releases that answered, and where its time went, if that was kept. */
export async function requestNote(
  control: Pick<ControlClient, 'call'>,
  lines: readonly ShownLine[],
): Promise<readonly string[]> {
  const releases = known(lines.map(({ release }) => release))
  const traces = known(lines.map(({ traceId }) => traceId))
  const notes = releases.length === 0 ? [] : [`release ${releases.join(', ')}`]
  for (const id of traces.slice(0, TRACES_MAX)) {
    const kept = await control.call('traces.get', { id })
    const spans = kept.traces.length === 0 ? 'its spans were not kept' : `\`seaworthy traces show ${id}\``
    notes.push(`trace ${id}: ${spans}`)
  }
  if (traces.length > TRACES_MAX) notes.push(`${traces.length - TRACES_MAX} more traces`)
  return notes
}

function known(values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))]
}
