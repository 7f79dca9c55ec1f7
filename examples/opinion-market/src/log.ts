export type Level = 'info' | 'warn' | 'error'
export type Fields = Readonly<Record<string, unknown>>

/** One JSON object a line: time, level, message, then the fields. */
export interface Log {
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** @param always fields of every line, such as the release. */
export function createLog(write: (line: string) => void, always: Fields = {}): Log {
  const at =
    (level: Level) =>
    (message: string, fields: Fields = {}) => {
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...always, ...fields })}\n`)
    }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** What an unknown thrown value says for itself. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
