import { Problem } from '../../core/problem.ts'

/** How far a stream has told what comes in order: the id of its frames, which a reader gives back as Last-Event-ID. */
export interface Place {
  /** The newest event. */
  readonly event: number
  /** Null: it tells no lines. */
  readonly lines: LinePlace | null
}

export interface LinePlace {
  /** What the live tail of the logs calls this place. */
  readonly after: string
  /** Of the lines that match behind it, so many have been told. */
  readonly told: number
  /** Everything that was stored by then has been told. */
  readonly atMs: number
}

/** `1042`, or `1042/<tail>+<told>/<milliseconds>` with lines. */
export function formatPlace({ event, lines }: Place): string {
  return lines === null ? String(event) : `${event}/${lines.after}+${lines.told}/${lines.atMs}`
}

/** @throws Problem `api.wrong-input` */
export function parsePlace(text: string): Place {
  const [, event, after, told, atMs] =
    /^(\d{1,15})(?:\/([\w-]{1,80}:\d{1,15})\+(\d{1,15})\/(\d{1,15}))?$/.exec(text) ?? []
  if (event === undefined) {
    throw new Problem('api.wrong-input', `Last-Event-ID: '${text.slice(0, 80)}' is none that a stream has had`, {
      hint: 'Give back an id as it came, or none: then the stream begins now.',
    })
  }
  const lines = after === undefined ? null : { after, told: Number(told), atMs: Number(atMs) }
  return { event: Number(event), lines }
}
