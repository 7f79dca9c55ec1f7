import type { ResolvedApp, ResolvedService } from '../../../../config/resolved.ts'
import { Problem } from '../../../../core/problem.ts'

/**
 * Refuses what plain objects cannot do, since a command or control does it elsewhere, and nobody would here; all of it at once.
 * @throws Problem `render.refused`
 */
export function mustRender({ environment, needs, services, strategy }: ResolvedApp): void {
  const lacks = [
    ...Object.entries(services).flatMap(([name, service]) =>
      lacksOf(service).map((lack) => `services.${name}: ${lack}`),
    ),
    ...Object.entries(needs)
      .filter(([, { kind, url }]) => kind !== 'http' || url === null)
      .map(([name, { kind }]) => `needs.${name}: ${kind}`),
    ...(strategy === 'recreate' ? ["strategy: 'recreate'"] : []),
  ]
  if (lacks.length === 0) return
  throw new Problem('render.refused', `environment ${environment} asks for what cannot be rendered`, {
    hint: 'Leave it out of this environment, or deploy it to a target that has it.',
    details: lacks,
  })
}

function lacksOf({ run, templates, migrate, affinity }: ResolvedService): readonly string[] {
  return [
    run.kind === 'static' ? 'static files' : null,
    affinity === 'cookie' ? "affinity: 'cookie'" : null,
    Object.keys(templates).length > 0 ? 'templates' : null,
    migrate.expand !== null || migrate.contract !== null ? 'migrations' : null,
  ].filter((lack) => lack !== null)
}
