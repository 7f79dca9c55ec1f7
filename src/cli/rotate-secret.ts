import { readFileSync } from 'node:fs'
import { canonicalJson, sha256 } from '../core/canonical-json.ts'
import { Problem } from '../core/problem.ts'
import type { DeployResult } from '../deploy/engine.ts'
import { releaseId, type Release } from '../deploy/release.ts'
import { deployUnderLease, type Deploying } from './deploying.ts'
import { liveRelease, planFor } from './draft.ts'
import { endRotation, saveRotation } from './rotation.ts'
import { readSecrets, secretsPath } from './secret-values.ts'
import { withSecret } from './secrets-file.ts'
import { targetOf } from './targets.ts'
import { conclude } from './with-deploying.ts'

/** Where a secret is looked up, and so where its new value comes from or goes to. */
export type Place =
  | { readonly kind: 'shell'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string }

/**
 * @param isGiven the new value is named by an option
 * @throws Problem `secret.unknown` for what the live release does not have, `secret.shadowed`, `secret.no-place`
 */
export async function placeOf(name: string, { project, control }: Deploying, isGiven: boolean): Promise<Place> {
  const { id, secrets } = await liveRelease(control)
  if (!Object.hasOwn(secrets, name)) {
    const names = Object.keys(secrets).join(', ')
    throw new Problem('secret.unknown', `${id} is live and has no secret ${name}`, {
      hint: `${names === '' ? 'It has none.' : `It has ${names}.`} A new one is declared in the config, and comes with \`seaworthy deploy\`.`,
    })
  }
  const value = process.env[name]
  if (value !== undefined && isGiven) {
    throw new Problem('secret.shadowed', `this shell has ${name} as a variable, which comes before the secrets file`, {
      hint: `\`unset ${name}\` first, or export the new value and leave --generate and --from away. Nothing was changed.`,
    })
  }
  if (value !== undefined) return { kind: 'shell', value }
  const path = secretsPath(project)
  if (path !== null) return { kind: 'file', path }
  throw new Problem('secret.no-place', `there is nowhere to keep a new value of ${name}`, {
    hint: `Name a file in environments.${project.app.environment}.secrets, or export the new value in this shell.`,
  })
}

interface Wanted {
  readonly name: string
  readonly value: string
  readonly place: Place
}

/** Deploys the live release, which the project is as, with one other value. Returns the exit code. */
export async function rotate({ name, value, place }: Wanted, deploying: Deploying): Promise<number> {
  const { project, control, narrator } = deploying
  const live = await liveRelease(control)
  const secrets = readSecrets(project, { [name]: value })
  mustBeTheOnlyOne(name, secrets.fingerprints, live)
  // Better now than when it is live.
  if (place.kind === 'file') withSecret(readFileSync(place.path, 'utf8'), name, value)
  const rotation = { name, value, fingerprint: secrets.fingerprints[name]! }
  const targetFor = (token: number) => targetOf(project, control, secrets, token)
  const end = async (): Promise<void> =>
    void (place.kind === 'file' && (await endRotation(rotation, { project, control, narrator })))
  let result: DeployResult | null
  try {
    result = await deployUnderLease({ ...deploying, secrets, targetFor }, async (target) => {
      const { world } = await control.call('status', {})
      if (world.live !== live.id) throw movedMeanwhile(live, world.live)
      if (place.kind === 'file') saveRotation(project, rotation)
      const next = withFingerprints(live, { ...live.secrets, [name]: rotation.fingerprint }, world.sequence + 1)
      return planFor({ kind: 'rotate', next, control, target })
    })
  } catch (error) {
    // Why it failed is what counts; what cannot be ended now, the next command ends.
    await end().catch(() => {})
    throw error
  }
  const code = conclude(result, narrator)
  await end()
  return code
}

/** @throws Problem `secret.same`, `secret.others-changed` */
function mustBeTheOnlyOne(name: string, next: Readonly<Record<string, string>>, { id, secrets }: Release): void {
  if (next[name] === secrets[name]) {
    throw new Problem('secret.same', `${name} has this value already: ${id} is live with it`, {
      hint: 'Take another one. Nothing was changed.',
    })
  }
  const others = Object.keys(secrets).filter((other) => other !== name && next[other] !== secrets[other])
  if (others.length === 0) return
  throw new Problem(
    'secret.others-changed',
    `${others.join(', ')} would change as well: ${id} is live with other values`,
    {
      hint: '`seaworthy deploy` brings all of them, with what the folder holds. Nothing was changed.',
    },
  )
}

/** The same release but for its fingerprints. */
function withFingerprints(live: Release, secrets: Release['secrets'], sequence: number): Release {
  const { config, artifacts } = live
  const digest = sha256(canonicalJson({ config, artifacts, secrets }))
  return { ...live, secrets, sequence, digest, id: releaseId(sequence, digest), createdAt: Date.now() }
}

function movedMeanwhile({ id }: Release, live: string | null): Problem {
  return new Problem('deploy.moved', `${id} was live when this began, and ${live ?? 'nothing'} is now`, {
    hint: 'Somebody deployed meanwhile. Run it again.',
  })
}
