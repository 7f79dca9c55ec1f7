import type { ResolvedService } from '../../../config/resolved.ts'
import type { Source } from '../../source.ts'

/**
 * Whether a service brings its own Dockerfile, at the top of its folder. `start` still says what runs, and stands in place of
 * the image's entry and command; the config's `build` is for targets without images.
 */
export function hasDockerfile({ run }: ResolvedService, { files }: Pick<Source, 'files'>): boolean {
  return run.kind === 'program' && files.some(({ path, kind }) => path === 'Dockerfile' && kind === 'file')
}

/** What a plan has to say of a service's own Dockerfile; null where there is none. */
export function ownDockerfileNote(
  name: string,
  service: ResolvedService,
  source: Pick<Source, 'files'>,
  variables: readonly string[],
): string | null {
  if (!hasDockerfile(service, source)) return null
  const start = `${name} is built by its own Dockerfile`
  if (variables.length === 0) return start
  const files = variables.map((variable) => `${variable}_FILE`).join(', ')
  return `${start}, which has no entry of ours: its secrets are files alone, named by ${files}`
}
