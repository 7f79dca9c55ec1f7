import { readFileSync, rmSync } from 'node:fs'
import { writeFileAtomic } from '../../../core/atomic-file.ts'
import type { Errand, ErrandEnd } from '../../../deploy/errand.ts'
import { COPY_WITHIN_MS } from '../databases/database.ts'
import type { Pour } from '../databases/pour.ts'
import type { runCommand } from './command.ts'

const LOOK_MS = 50

/** An errand before it has its number. */
export type Wish = Errand extends infer One ? (One extends Errand ? Omit<One, 'id'> : never) : never

/**
 * The job's side of errands: it writes down what it wants done and waits until somebody has told its end. Files, so that
 * control may die over it; for their owner alone, since they hold credentials.
 */
export class Errands {
  readonly #report: string
  readonly #say: (line: string) => void
  #count = 0

  /** @param report that of the run: the files lie beside it */
  constructor(report: string, say: (line: string) => void) {
    this.#report = report
    this.#say = say
  }

  /** Resolves with how it ended, null for well. */
  async run(wish: Wish, withinMs: number): Promise<string | null> {
    this.#count += 1
    const id = this.#count
    const until = performance.now() + withinMs
    writeFileAtomic(errandFile(this.#report), JSON.stringify({ ...wish, id }))
    try {
      for (;;) {
        const end = readJson(endFile(this.#report)) as (ErrandEnd & { id: number }) | null
        if (end?.id === id) {
          for (const line of end.lastLines) this.#say(line)
          return end.because
        }
        if (performance.now() > until) return `did not end within ${withinMs / 1000} s`
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
    } finally {
      forgetErrands(this.#report)
    }
  }
}

/** A command of the app's own, run where its image is. */
export function commanding(errands: Errands): typeof runCommand {
  return (argv, { env, timeoutMs }) => errands.run({ what: 'command', argv, env }, timeoutMs)
}

/** A copy that is poured by the programs of the need's own image. */
export function pouring(errands: Errands): Pour {
  return async ({ need, url, into, options }) => {
    const because = await errands.run({ what: 'copy', need, url, into, options }, COPY_WITHIN_MS)
    if (because !== null) throw new Error(because)
  }
}

/** What a run waits for; null: nothing. */
export function readErrand(report: string): Errand | null {
  return readJson(errandFile(report)) as Errand | null
}

/** Told twice, it is told once: a run that waits for another one does not take it. */
export function endErrand(report: string, id: number, end: ErrandEnd): void {
  if (readErrand(report)?.id === id) writeFileAtomic(endFile(report), JSON.stringify({ ...end, id }))
}

export function forgetErrands(report: string): void {
  for (const file of [errandFile(report), endFile(report)]) rmSync(file, { force: true })
}

function errandFile(report: string): string {
  return `${report}.errand`
}

function endFile(report: string): string {
  return `${report}.errand-end`
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
