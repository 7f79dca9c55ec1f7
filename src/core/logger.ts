export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

export type Fields = Readonly<Record<string, unknown>>

/** One JSON object a line: time, level, part, message, then the fields. */
export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

export function createLogger(part: string, write: (line: string) => void): Logger {
  const at =
    (level: Level) =>
    (message: string, fields: Fields = {}) => {
      write(JSON.stringify({ time: new Date().toISOString(), level, part, message, ...fields }) + '\n')
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
