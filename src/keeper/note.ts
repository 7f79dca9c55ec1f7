import { writeSync } from 'node:fs'

/** A line in the keeper's log, in the form of all of Seaworthy's logs. A full disk must not end the keeper. */
export function note(
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  try {
    writeSync(1, JSON.stringify({ time: new Date().toISOString(), level, part: 'keeper', message, ...fields }) + '\n')
  } catch {
    // Nobody is left to tell.
  }
}
