import { Problem } from '../../core/problem.ts'
import { lookAtEngine } from '../../deploy/targets/docker/install.ts'
import { loginOf } from '../../deploy/targets/image/registry-login.ts'
import { serverOf } from '../../deploy/targets/image/registry.ts'
import type { Project } from '../project.ts'
import type { Finding } from './hosted.ts'

/** What images need to go through the environment's registry; nothing where it names none. The registry itself is not asked. */
export async function lookAtRegistry({ registry }: Project): Promise<readonly Finding[]> {
  if (registry === null) return []
  const run = { env: process.env }
  const server = serverOf(registry)
  try {
    const { version } = await lookAtEngine(null, run)
    const login = await loginOf(server, run)
    return [
      { level: 'ok', what: 'images', detail: `made on engine ${version}, and pushed to ${registry}` },
      login === null
        ? {
            level: 'note',
            what: 'registry',
            detail: `docker has no user and password for ${server}: \`docker login ${server}\``,
          }
        : { level: 'ok', what: 'registry', detail: `docker logs in to ${server} as ${login.user}` },
    ]
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const detail = `no engine to make images on for ${registry}: ${error.message}`
    return [{ level: 'missing', what: 'images', detail: [detail, ...error.details].join(' ') }]
  }
}
