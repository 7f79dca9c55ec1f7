import type { ResolvedApp, ResolvedNeed, ResolvedService } from '../../../config/resolved.ts'
import { Problem } from '../../../core/problem.ts'
import { runtimeIn } from './base.ts'
import { needServer } from './need-server.ts'

/**
 * Refuses an environment on Docker that wants what containers are not given yet: better before the first command than when a
 * release is half there. All of it is named at once.
 * @param hosts the engines that the environment names
 * @throws Problem `target.not-yet`
 */
export function mustBeHere(app: ResolvedApp, hosts: number): void {
  const lacks = notHere(app, hosts)
  if (lacks.length === 0) return
  const { environment } = app
  throw new Problem('target.not-yet', `environment ${environment} wants what target 'docker' does not run yet`, {
    hint: 'Take it out of this environment (`overrides` changes services for one alone), or run it on target `process`. Nothing was touched.',
    details: lacks,
  })
}

/** What of a config containers are not given yet, a sentence each. */
export function notHere(app: ResolvedApp, hosts: number): readonly string[] {
  const { services, needs, gateway } = app
  return [
    ...Object.entries(services).flatMap(([name, service]) =>
      lacksOf(service).map((what) => `services.${name}.${what}`),
    ),
    ...Object.entries(needs)
      .filter(([name]) => Object.values(services).some(({ uses }) => Object.hasOwn(uses, name)))
      .flatMap(([name, need]) =>
        isElsewhere(need) || needServer(need.kind) !== null
          ? []
          : [`needs.${name}: a ${need.kind} that the environment runs`],
      ),
    ...(gateway.http === 0 ? ['gateway.listen.http: a port of its own choice'] : []),
    ...(hosts > 1 ? lacksOfSeveral(app) : []),
  ]
}

function lacksOf(service: ResolvedService): readonly string[] {
  const { templates, scale, writable } = service
  const measured = [scale.cpu, scale.memory, scale.perSecond, scale.queue].some((measure) => measure !== null)
  return [
    ...(Object.keys(templates).length > 0 && runtimeIn(service) === null
      ? ['templates: of an image without our entry']
      : []),
    // `--mount` is read as a line of comma-separated values.
    ...writable
      .filter((folder) => /[",\r\n]/.test(folder))
      .map((folder) => `writable: ${JSON.stringify(folder)}, whose name has a comma, a quote or a line break`),
    ...(measured ? ['scale: a number of instances that follows a measure'] : []),
  ]
}

/** Somebody else runs it, and a secret says where. */
function isElsewhere({ kind, url }: ResolvedNeed): boolean {
  return kind === 'http' || url !== null
}

/** What one host would do that all of them have to do once. */
function lacksOfSeveral({ services, needs, gateway }: ResolvedApp): readonly string[] {
  return [
    ...Object.entries(needs)
      .filter(([name]) => Object.values(services).some(({ uses }) => Object.hasOwn(uses, name)))
      .flatMap(([name, need]) =>
        isElsewhere(need) ? [] : [`needs.${name}: on several hosts each would have its own; name one by its \`url\``],
      ),
    ...Object.entries(services)
      .filter(([, { migrate }]) => migrate.expand !== null || migrate.contract !== null)
      .map(([name]) => `services.${name}.migrate: each of several hosts would run it`),
    ...(gateway.tls?.source.kind === 'acme'
      ? ["gateway.tls.acme: an authority asks one of several hosts for what another has ordered; 'files' go to all"]
      : []),
  ]
}
