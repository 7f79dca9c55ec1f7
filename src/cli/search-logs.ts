import type { ControlClient } from '../control/api/client.ts'
import { Problem } from '../core/problem.ts'
import { PAGE_LINES_MAX, type LogPage, type LogQuery, type StoredLine } from '../observe/logs/line.ts'
import type { LogFilter, LogLine } from './log-lines.ts'

/** The newest `count` kept lines that match, oldest first; null when control is away: then there are the files. */
export async function searchLogs(
  control: ControlClient,
  filter: LogFilter,
  count: number,
): Promise<readonly LogLine[] | null> {
  const lines: StoredLine[] = []
  let before: string | null = null
  try {
    while (lines.length < count) {
      const limit = Math.min(count - lines.length, PAGE_LINES_MAX)
      const page: LogPage = await control.call('logs.search', { query: queryOf(filter), limit, before })
      lines.push(...page.lines)
      if (page.next === null) break
      before = page.next
    }
  } catch (error) {
    if (error instanceof Problem && error.code === 'environment.down') return null
    throw error
  }
  return lines.toReversed().map(asPrinted)
}

/** Every kept line that matches as JSON, a line each, newest first, page by page: as fast as they are taken. */
export async function exportLogs(control: ControlClient, filter: LogFilter, write: (text: string) => Promise<void>) {
  let before: string | null = null
  do {
    const query = queryOf(filter)
    const page: LogPage = await control.call('logs.search', { query, limit: PAGE_LINES_MAX, before })
    if (page.lines.length > 0) await write(page.lines.map((line) => JSON.stringify(line) + '\n').join(''))
    before = page.next
  } while (before !== null)
}

function queryOf({ since, until, correlation, trace, ...rest }: LogFilter): LogQuery {
  return {
    ...rest,
    ...(since === undefined ? {} : { fromMs: since }),
    ...(until === undefined ? {} : { toMs: until }),
    ...(correlation === undefined ? {} : { correlationId: correlation }),
    ...(trace === undefined ? {} : { traceId: trace }),
  }
}

function asPrinted({ atMs, service, instance, level, correlationId, text }: StoredLine): LogLine {
  // The files know four levels.
  const printed = level === 'trace' ? 'debug' : level === 'fatal' ? 'error' : level
  const source = instance ?? service
  return { at: atMs, source, level: printed, correlation: correlationId, message: text, raw: text }
}
