import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ControlClient } from '../control/api/client.ts'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { settleUnderLease, type Deploying } from './deploying.ts'
import type { Narrator } from './narrate.ts'
import type { Project } from './project.ts'
import { readSecrets, secretsPath, type SecretValues } from './secret-values.ts'
import { writeSecret } from './secrets-file.ts'

/**
 * A new value of a secret on its way: the secrets file holds the old one until the new one is live for good. It is kept in
 * the state folder meanwhile, so that whoever is killed leaves either the old value or the new one, and the next command
 * can tell which.
 */
export interface Rotation {
  readonly name: string
  readonly value: string
  readonly fingerprint: string
}

/** `pending`: its deploy is not over. */
export type Standing = 'live' | 'pending' | 'gone'

export function saveRotation(project: Project, rotation: Rotation): void {
  mkdirSync(dirname(rotationFile(project)), { recursive: true, mode: 0o700 })
  writeFileAtomic(rotationFile(project), JSON.stringify(rotation), { mode: 0o600 })
}

/** Null: none is on its way. */
export function savedRotation(project: Project): Rotation | null {
  try {
    return JSON.parse(readFileSync(rotationFile(project), 'utf8')) as Rotation
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Beside the other values that the state folder holds: control's, where it is on this machine. */
function rotationFile({ stateFolder }: Project): string {
  return join(stateFolder, 'secrets', 'rotation.json')
}

export async function standingOf({ name, fingerprint }: Rotation, control: ControlClient): Promise<Standing> {
  const { world, running } = await control.call('status', {})
  if (running?.plan.kind === 'rotate' && running.plan.release.secrets[name] === fingerprint) return 'pending'
  const { release } =
    world.live === null ? { release: null } : await control.call('release.get', { release: world.live })
  return release?.secrets[name] === fingerprint ? 'live' : 'gone'
}

/** As `readSecrets`; a new value that is live, or on its way there, comes before the old one that the file still holds. */
export async function currentSecrets(project: Project, control: ControlClient): Promise<SecretValues> {
  const rotation = savedRotation(project)
  // What the shell says comes first, as ever.
  if (rotation === null || process.env[rotation.name] !== undefined) return readSecrets(project)
  const isCurrent = (await standingOf(rotation, control)) !== 'gone'
  return readSecrets(project, isCurrent ? { [rotation.name]: rotation.value } : {})
}

/**
 * Writes the new value where the old one was, if it is live for good, and forgets it otherwise; a rotation whose deploy is
 * not over waits for its end.
 */
export async function endRotation(
  rotation: Rotation,
  { project, control, narrator }: { project: Project; control: ControlClient; narrator: Pick<Narrator, 'note'> },
): Promise<Standing> {
  const { name, value, fingerprint } = rotation
  const standing = await standingOf(rotation, control)
  const file = secretsPath(project)
  if (standing === 'pending') return standing
  if (standing === 'live' && file !== null) writeSecret(file, name, value)
  // Somebody may have begun another one meanwhile.
  if (savedRotation(project)?.fingerprint === fingerprint) rmSync(rotationFile(project), { force: true })
  const at = project.secretsFile ?? 'the secrets file'
  narrator.note(
    standing === 'live'
      ? `${name}: the new value is live, and in ${at} from now on`
      : `${name} keeps its old value: ${at} was not touched, and the new value is forgotten`,
  )
  return standing
}

/** Ends a rotation that somebody was killed in, its deploy first: undone before its switch, completed after it. */
export async function settleRotation(deploying: Omit<Deploying, 'secrets'>): Promise<void> {
  const { project, control, narrator } = deploying
  const rotation = savedRotation(project)
  if (rotation === null) return
  narrator.note(`a rotation of ${rotation.name} was interrupted`)
  // Under the lease, since whoever rotates may be at work.
  await settleUnderLease({ ...deploying, secrets: await currentSecrets(project, control) }, async () => {
    await endRotation(rotation, deploying)
  })
}
