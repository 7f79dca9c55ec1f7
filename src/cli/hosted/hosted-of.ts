import type { Project } from '../project.ts'
import type { Hosted } from './hosted.ts'

/** Null on `process`: there control itself keeps the instances, on this machine. */
export async function hostedOf(project: Project): Promise<Hosted | null> {
  switch (project.app.target) {
    case 'process':
      return null
    case 'docker':
      return (await import('../docker/hosted.ts')).dockerHosted(project)
    case 'kubernetes':
      return (await import('../kubernetes/hosted.ts')).kubernetesHosted(project)
  }
}
