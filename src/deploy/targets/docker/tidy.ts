import type { Place } from '../labels.ts'
import { secretsVolume } from './names.ts'
import type { Observed } from './observe.ts'

/** Made and never run: whoever made it was killed before it was whole. */
export function isHalfMade({ instance }: Observed): boolean {
  return instance.state === 'starting'
}

/** Of a release that nobody can go back to: control routes no request to it. */
export function isStray({ instance }: Observed, known: ReadonlySet<string>): boolean {
  return !known.has(instance.release)
}

/** A need's has no release in its name: its secrets stay. */
const SECRETS_OF_RELEASE = /_\d+-[0-9a-f]{8}_secrets$/

/** Of an environment's volumes those with secrets that no container is there to read. */
export function idleSecrets(volumes: readonly string[], there: readonly Observed[], place: Place): readonly string[] {
  const used = new Set(there.map(({ instance }) => secretsVolume(place, instance.service, instance.release)))
  return volumes.filter((name) => SECRETS_OF_RELEASE.test(name) && !used.has(name))
}
