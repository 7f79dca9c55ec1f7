import type { LogLine, StoredLine } from '../observe/logs/line.ts'
import { parseRecord } from '../observe/logs/parse.ts'
import { sourceOf } from '../observe/logs/source.ts'

/** A line to be shown: one that control keeps, or one of an output file, read in the same way. */
export interface ShownLine extends LogLine {
  /** Who wrote it: the instance, else the service; of a file its name. */
  readonly source: string
  /** Where it stands among the lines that are kept; null: it was read from a file. */
  readonly id: string | null
}

export function keptLine(line: StoredLine): ShownLine {
  return { ...line, source: line.instance ?? line.service }
}

/** A line of an output file. @param fallbackAtMs its time when it carries none */
export function parseLine(raw: string, source: string, fallbackAtMs: number): ShownLine {
  const { service, instance, release } = sourceOf(source)
  const said = parseRecord(raw)
  return {
    atMs: said.atMs ?? fallbackAtMs,
    service,
    instance,
    release: said.release ?? release,
    level: said.level,
    correlationId: said.correlationId,
    traceId: said.traceId,
    text: said.text,
    source,
    id: null,
  }
}
