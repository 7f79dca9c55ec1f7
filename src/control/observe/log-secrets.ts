import { passwordsOf } from '../../core/scrub.ts'
import { sourceOf } from '../../observe/logs/source.ts'
import type { Jobs } from '../jobs.ts'
import type { Secrets, SecretFiles } from '../secrets.ts'
import type { State } from '../state.ts'

export interface LogSecretsOptions {
  readonly state: Pick<State, 'release' | 'releases'>
  readonly secrets: Pick<SecretFiles, 'read'>
  readonly jobs: Pick<Jobs, 'secretsOf'>
  /** With what a service reaches its needs. */
  readonly variablesOf: (release: string, service: string) => Readonly<Record<string, string>>
}

/**
 * What is taken out of an output before it is kept: the secrets of its release's services and the passwords of their needs; of
 * all releases where the output is the gateway's, control's, a hook's or a need's.
 */
export function logSecretsOf(
  { state, secrets, jobs, variablesOf }: LogSecretsOptions,
  output: string,
): readonly Secrets[] {
  const { release } = sourceOf(output)
  const known = release === null ? state.releases() : [state.release(release)]
  const ofServices = known.flatMap((one) =>
    one === null
      ? []
      : Object.keys(one.config.services).flatMap((service) => [
          secrets.read(one.id, service),
          passwordsOf(variablesOf(one.id, service)),
        ]),
  )
  return unique([jobs.secretsOf(output), ...ofServices].filter((held) => Object.keys(held).length > 0))
}

/** Releases mostly have the same secrets as those before. */
function unique(all: readonly Secrets[]): readonly Secrets[] {
  return [...new Map(all.map((held) => [JSON.stringify(held), held])).values()]
}
