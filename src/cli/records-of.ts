import { hostedOf } from './hosted/hosted-of.ts'
import type { Project } from './project.ts'
import { localRecords, type Records } from './records.ts'

/** Wherever control's files are. */
export async function recordsOf(project: Project): Promise<Records> {
  const hosted = await hostedOf(project)
  if (hosted === null) return localRecords(project.stateFolder)
  return (await import('./hosted/records.ts')).hostedRecords(hosted)
}
