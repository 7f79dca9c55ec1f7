import { environmentOf } from '../bring-up.ts'
import type { Installation } from '../../deploy/targets/docker/installation.ts'
import { ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import { dockerPlace } from './place.ts'

/** Where the image has its programs. */
const PATH = '/usr/local/bin'

/**
 * What an environment needs on its engine.
 * @param cores of the engine's machine: as many gateway workers unless the config says otherwise
 * @param imageId null: whatever image has the name
 */
export function wantedInstallation(project: Project, cores: number, imageId: string | null): Installation {
  const { app } = project
  const { http, https = null, ...environment } = environmentOf(project)
  return {
    place: dockerPlace(project).place,
    image: ownTag(),
    imageId,
    isPublic: app.domain !== null,
    ports: [http, ...(https === null ? [] : [https])],
    environment: {
      ...environment,
      // Which of the machine's addresses lead to it is decided where its ports are published.
      host: '0.0.0.0',
      http,
      https,
      workers: app.gateway.workers ?? cores,
      path: PATH,
    },
  }
}
