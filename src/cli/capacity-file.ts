import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-file.ts'
import type { Limits } from '../load/capacity.ts'
import type { Capacity } from '../load/find-capacity.ts'

export interface MeasuredCapacity extends Capacity {
  readonly target: string
  readonly service: string | null
  readonly release: string | null
  readonly request: string
  readonly limits: Limits
}

/**
 * Keeps the newest measurement of each service and request in `<state>/capacity.json`, with the hardware it was taken on: a
 * figure without it says nothing. Returns the file's path.
 */
export function saveCapacity(stateFolder: string, { outcome, steps, ...measured }: MeasuredCapacity): string {
  const file = join(stateFolder, 'capacity.json')
  const entry = {
    at: new Date().toISOString(),
    ...measured,
    outcome,
    steps,
    hardware: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      node: process.version,
      system: `${process.platform} ${process.arch}`,
    },
  }
  const key = `${measured.service ?? measured.target} ${measured.request}`
  writeFileAtomic(file, JSON.stringify({ ...readBefore(file), [key]: entry }, null, 2))
  return file
}

function readBefore(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object
  } catch {
    // The first one, or a file that somebody has spoilt: what is measured now is worth more.
    return {}
  }
}
