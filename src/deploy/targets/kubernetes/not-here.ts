import type { ResolvedApp, ResolvedService } from '../../../config/resolved.ts'
import { Problem } from '../../../core/problem.ts'
import { runtimeIn } from '../docker/base.ts'

/**
 * Refuses a release that asks for what does not run on Kubernetes yet, all of it at once, before anything is built or made.
 * @throws Problem `target.not-yet`
 */
export function mustRunHere(app: ResolvedApp): void {
  const { environment, needs, services, gateway } = app
  const lacks = [
    ...Object.entries(services).flatMap(([name, service]) =>
      lacksOf(service).map((lack) => `services.${name}: ${lack}`),
    ),
    ...Object.entries(needs)
      .filter(([, { url }]) => url === null)
      .map(
        ([name, { kind }]) =>
          `needs.${name}: a ${kind} that the environment runs; one with a \`url\` is somebody else's`,
      ),
    ...(gateway.http === 0 ? ['gateway.listen.http: a port of its own choice'] : []),
  ]
  if (lacks.length === 0) return
  throw new Problem('target.not-yet', `environment ${environment} asks for what does not run on Kubernetes yet`, {
    hint: 'Leave it out of this environment, or run it on another target.',
    details: lacks,
  })
}

function lacksOf(service: ResolvedService): readonly string[] {
  const { templates, affinity } = service
  return [
    // The gateway does not see which pod it is.
    affinity === 'cookie' ? "affinity: 'cookie'" : null,
    Object.keys(templates).length > 0 && runtimeIn(service) === null ? 'templates of an image without our entry' : null,
  ].filter((lack) => lack !== null)
}
