import { Problem } from '../core/problem.ts'
import type { Project } from './project.ts'

/**
 * For what reads control's files itself: elsewhere they are in a volume of the engine, or of the cluster.
 * @throws Problem `target.not-yet`
 */
export function mustHaveFiles({ app }: Project, command: string): void {
  if (app.target === 'process') return
  if (app.target === 'kubernetes')
    throw new Problem('target.not-yet', `\`${command}\` reads control's files, which are in its pod`, {
      hint: 'They are in its volume, at /var/lib/seaworthy.',
    })
  const place = `seaworthy_${app.name}_${app.environment}_seaworthy:/var/lib/seaworthy`
  throw new Problem('target.not-yet', `\`${command}\` reads control's files, which are on the engine`, {
    hint: `\`docker cp ${place} FOLDER\` brings them here, also while it runs.`,
  })
}
