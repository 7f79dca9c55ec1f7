import { canonicalJson, sha256 } from '../core/canonical-json.ts'
import type { ControlClient } from '../control/api/client.ts'
import type { ScaleStatus } from '../control/api/scale-methods.ts'
import { Problem } from '../core/problem.ts'
import { acrossContract, contractSince, pendingMigrations } from '../deploy/migration.ts'
import { makePlan, type Plan, type PlanKind } from '../deploy/plan.ts'
import { releaseId, type Instance, type Release } from '../deploy/release.ts'
import { readSource } from '../deploy/source.ts'
import type { Target } from '../deploy/target.ts'
import { checkNeeds } from './need-check.ts'
import { hasInstances, wantedInstances, type Scaled } from '../deploy/wanted.ts'
import type { Project } from './project.ts'
import { mustBeFeasible } from './promise-facts.ts'
import type { Proven } from './promotion.ts'
import type { SecretValues } from './secret-values.ts'

/** The release that the project's files, config and secrets would make now. */
export async function draftRelease(project: Project, secrets: SecretValues, control: ControlClient): Promise<Release> {
  const { app, folder, keptOut } = project
  mustBeFeasible(app, project.stateFolder)
  // Before the files are read: what is newer than a release is not in it.
  const createdAt = Date.now()
  const artifacts: Record<string, string> = {}
  for (const [name, service] of Object.entries(app.services))
    artifacts[name] = (await readSource(folder, service, keptOut)).hash
  return draftOf({ artifacts, createdAt }, project, secrets, control)
}

/** The release that another environment's artifacts would make under this one's config and secrets. */
export async function draftPromoted(
  project: Project,
  secrets: SecretValues,
  control: ControlClient,
  { release, promotion }: Pick<Proven, 'release' | 'promotion'>,
): Promise<Release> {
  mustBeFeasible(project.app, project.stateFolder)
  const of = { artifacts: release.artifacts, createdAt: Date.now(), promoted: promotion }
  return draftOf(of, project, secrets, control)
}

async function draftOf(
  of: Pick<Release, 'artifacts' | 'createdAt' | 'promoted'>,
  { app }: Project,
  secrets: SecretValues,
  control: ControlClient,
): Promise<Release> {
  const { artifacts, promoted } = of
  const { world } = await control.call('status', {})
  const { level } = await control.call('migration.list', {})
  const digest = sha256(canonicalJson({ config: app, artifacts, secrets: secrets.fingerprints, made: promoted?.made }))
  const sequence = world.sequence + 1
  const draft: Release = {
    id: releaseId(sequence, digest),
    sequence,
    digest,
    config: app,
    secrets: secrets.fingerprints,
    // Rises when its own expand changes the schema.
    migrationLevel: level,
    ...of,
  }
  await checkNeeds(draft, secrets, control)
  return draft
}

export interface PlanRequest {
  readonly kind: PlanKind
  readonly next: Release
  readonly control: ControlClient
  readonly target: Target
}

/** Looks at the world once and decides what to do in it. */
export async function planFor({ kind, next, control, target }: PlanRequest): Promise<Plan> {
  const { world, instances, scaling, stoppedServices: stopped } = await control.call('status', {})
  const scaled = scaledIn(scaling)
  const { release: live } =
    world.live === null ? { release: null } : await control.call('release.get', { release: world.live })
  const { migrations } = await control.call('migration.list', {})
  const migrates = kind === 'deploy' ? pendingMigrations(next, migrations) : []
  const { outlook } =
    migrates.length === 0
      ? { outlook: {} }
      : await control.call('migration.outlook', { release: next, services: migrates })
  return makePlan({
    kind,
    world,
    live,
    next,
    migrates,
    rehearsals: outlook,
    nextIsWarm: world.warm === next.id && isWhole(next, instances, { scaled, stopped }),
    // What is restarted or gets another secret is the release that is known already: its new number alone is not.
    prepared: await target.prepared((kind === 'restart' || kind === 'rotate') && live !== null ? live : next),
    scaled,
    stopped,
  })
}

export function scaledIn(scaling: readonly ScaleStatus[]): Scaled {
  return Object.fromEntries(scaling.map(({ service, wanted }) => [service, wanted]))
}

/** The release to roll back to: the one named, else the one that was live before this one. */
export async function findEarlier(
  control: ControlClient,
  wanted: string | undefined,
  target: Target,
): Promise<Release> {
  const { world } = await control.call('status', {})
  const { releases, before } = await control.call('release.list', { onceLive: true })
  const { contracts } = await control.call('migration.list', {})
  const others = releases.filter(({ id }) => id !== world.live)
  const release =
    wanted === undefined
      ? others.find(({ id }) => id === before)
      : releases.find(({ id, sequence }) => id === wanted || String(sequence) === wanted)
  if (release === undefined || release.id === world.live) {
    const reachable = others.filter((other) => contractSince(other, contracts) === null)
    const names = reachable.map(({ id }) => id).join(', ')
    const what = release ? `${release.id} is live already` : `there is no release ${wanted} that has been live`
    throw new Problem('rollback.nothing', wanted ? what : 'there is no earlier release to go back to', {
      hint: names === '' ? 'Deploy a mended release instead.' : `Name one of these with --to: ${names}`,
    })
  }
  const contract = contractSince(release, contracts)
  if (contract !== null) throw acrossContract(release.id, contract)
  const prepared = [...(await target.prepared(release)), ...((await target.fetchable?.(release)) ?? [])]
  const missing = Object.entries(release.artifacts).filter(([, artifact]) => !prepared.includes(artifact))
  if (missing.length > 0) {
    throw new Problem(
      'rollback.files-gone',
      `the files of ${release.id} are gone: ${missing.map(([name]) => name).join(', ')}`,
      {
        hint: 'Choose another release, or deploy that version of the sources.',
      },
    )
  }
  return release
}

/** @throws Problem `restart.nothing` */
export async function liveRelease(control: ControlClient): Promise<Release> {
  const { world } = await control.call('status', {})
  const { release } = await control.call('release.get', { release: world.live ?? '' })
  if (release !== null) return release
  throw new Problem('restart.nothing', 'nothing is live yet', { hint: 'Run `seaworthy deploy` first.' })
}

/** The same release under a new number, for a restart. */
export function again(release: Release, sequence: number): Release {
  return { ...release, sequence, id: releaseId(sequence, release.digest), createdAt: Date.now() }
}

function isWhole(
  { id, config }: Release,
  instances: readonly Instance[],
  { scaled, stopped }: { readonly scaled: Scaled; readonly stopped: readonly string[] },
): boolean {
  return Object.entries(config.services).every(
    ([name, service]) =>
      !hasInstances(service, config) ||
      stopped.includes(name) ||
      instances.filter((one) => one.release === id && one.service === name && one.state === 'running').length >=
        wantedInstances(name, config, scaled),
  )
}
