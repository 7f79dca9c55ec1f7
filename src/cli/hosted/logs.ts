import { connectControl } from '../../control/api/client.ts'
import { Problem } from '../../core/problem.ts'
import { scrubOf, type Scrub } from '../../core/scrub.ts'
import type { LogQuery } from '../../observe/logs/line.ts'
import { followKept, searchKept } from '../kept-logs.ts'
import type { ShownLine } from '../log-lines.ts'
import type { Project } from '../project.ts'
import { readSecrets } from '../secret-values.ts'
import { wayTo } from '../way.ts'
import type { Hosted } from './hosted.ts'
import { followInstanceLogs, readInstanceLogs } from './instance-logs.ts'

export interface HostedLogs {
  readonly project: Project
  readonly hosted: Hosted
  readonly query: LogQuery
  readonly print: (line: ShownLine) => void
  readonly note: (text: string) => void
}

/** The newest `count` lines of the instances, which the engine or the cluster keeps, and of Seaworthy's own, which control keeps. */
export async function showHosted(logs: HostedLogs, count: number): Promise<void> {
  const { project, hosted, query, print, note } = logs
  const of = await readInstanceLogs({ hosted, query, scrub: secretsOf(project) }, count)
  const own = await keptOf(project, query, count, note)
  for (const line of [...of, ...own].toSorted((one, other) => one.atMs - other.atMs).slice(-count)) print(line)
}

/** Goes on with both until it is interrupted. */
export async function followHosted(logs: HostedLogs, count: number): Promise<void> {
  const { project, hosted, query, print, note } = logs
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  process.once('SIGTERM', () => interrupted.abort())
  const { signal } = interrupted
  if (count > 0) await showHosted(logs, count)
  using way = await wayTo(project)
  const instances = followInstanceLogs({ hosted, query, scrub: secretsOf(project) }, print, signal)
  const first = () => Promise.resolve([])
  const own = followKept({ to: way.to, query, first, print, note, signal }).catch((error: unknown) => {
    if (!isUnreachable(error)) throw error
    note('control does not answer: its own lines are left out')
  })
  await Promise.all([instances, own]).finally(() => interrupted.abort())
}
async function keptOf(
  project: Project,
  query: LogQuery,
  count: number,
  note: (text: string) => void,
): Promise<readonly ShownLine[]> {
  using way = await wayTo(project)
  const control = connectControl(way.to, { awayMs: 1_000 })
  try {
    const kept = await searchKept(control, query, count)
    if (kept !== null) return kept
  } catch (error) {
    if (!isUnreachable(error)) throw error
  } finally {
    control.close()
  }
  note('control does not answer: its own lines are left out')
  return []
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Problem && error.code === 'environment.unreachable'
}

/** Best effort: who looks at lines need not have the secrets. */
function secretsOf(project: Project): Scrub {
  try {
    const secrets = readSecrets(project)
    return scrubOf(secrets.of(Object.keys(secrets.fingerprints)))
  } catch {
    return scrubOf({})
  }
}
