import type { ResolvedApp, ResolvedService } from '../config/resolved.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import { Problem } from '../core/problem.ts'
import type { DeployRecord } from './journal.ts'
import type { World } from './plan.ts'
import type { Release } from './release.ts'

/** What is known of the environment that something is to be promoted from. */
export interface Proving {
  readonly environment: string
  readonly world: World
  readonly running: DeployRecord | null
  /** Newest first. */
  readonly deploys: readonly DeployRecord[]
}

/**
 * The release that is live there, once its deploy is over and was found good: not one that is watched or on trial, nor one
 * of which nobody could say. A way back to it changes nothing: what counts is how it came in.
 * @throws Problem `promote.nothing-live` `promote.not-proven`
 */
export function provenRelease({ environment, world, running, deploys }: Proving): string {
  const { live } = world
  if (live === null) {
    throw new Problem('promote.nothing-live', `nothing is live in ${environment}`, {
      hint: `Deploy there first: \`seaworthy deploy ${environment}\`.`,
    })
  }
  const notProven = (because: string, hint: string): Problem =>
    new Problem('promote.not-proven', `${live} is live in ${environment} and not proven: ${because}`, { hint })
  if (running !== null) {
    throw notProven(
      `${running.id} is not over`,
      `Wait until it is: \`seaworthy status ${environment}\` shows it. One that was interrupted goes on with \`seaworthy deploy ${environment} --resume\`.`,
    )
  }
  const deploy = deploys.find(({ kind, plan }) => kind !== 'rollback' && plan.release.id === live)
  const again = `\`seaworthy deploy ${environment} --force\``
  if (deploy === undefined) throw notProven('its deploy is forgotten', `Deploy it once more: ${again}.`)
  if (deploy.state === 'inconclusive') {
    throw notProven(
      `the watch of ${deploy.id} saw too few answers for a verdict`,
      `Deploy it once more with traffic (\`seaworthy load ${environment}\`), or with a smaller \`watch.sample\` there: ${again}.`,
    )
  }
  if (deploy.state !== 'done' || deploy.proof === null)
    throw notProven(`${deploy.id} is ${deploy.state}`, `Deploy a mended release: \`seaworthy deploy ${environment}\`.`)
  return live
}

/** Keys of a service that say what its artifact is; all others are the environment's own. */
const OF_THE_ARTIFACT = ['build', 'run', 'writable', 'migrate'] as const satisfies readonly (keyof ResolvedService)[]

/**
 * Refuses to put a release's artifacts under a config that they were not made for. All services are named at once.
 * @throws Problem `promote.services-differ` `promote.build-bound`
 */
export function mustFit(from: Release, to: ResolvedApp): void {
  const { environment, services } = from.config
  const differing = differences(services, to.services)
  if (differing.length > 0) {
    throw new Problem(
      'promote.services-differ',
      `${from.id} of ${environment} does not fit what the config says of ${to.environment}`,
      {
        hint: `Deploy what the config says now to ${environment}, and promote that: \`seaworthy deploy ${environment}\`. What differs by \`overrides\` has to be the same in both. Nothing was changed.`,
        details: differing,
      },
    )
  }
  const bound = Object.entries(to.services).flatMap(([name, { build, env }]) => {
    const names = build === null ? [] : differingNames(services[name]!.env, env)
    return names.length === 0 ? [] : [`${name}: its build was given another ${names.join(', ')}`]
  })
  if (bound.length === 0) return
  throw new Problem('promote.build-bound', `what was built for ${environment} may hold values of ${environment}`, {
    hint: 'A build is given `env`, and never secrets: declare what differs between environments under `secrets`, or give it the same value in both. Nothing was changed.',
    details: bound,
  })
}

type Services = Readonly<Record<string, ResolvedService>>

function differences(from: Services, to: Services): readonly string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name) => {
    const [before, after] = [from[name], to[name]]
    if (before === undefined) return [`${name}: the release has no such service`]
    if (after === undefined) return [`${name}: the config has no such service any more`]
    const keys = OF_THE_ARTIFACT.filter((key) => canonicalJson(before[key]) !== canonicalJson(after[key]))
    return keys.map((key) => `${name}: \`${key === 'run' ? runKey(after) : key}\` differs`)
  })
}

/** As the config has it. */
function runKey({ run }: ResolvedService): string {
  return run.kind === 'program' ? 'start' : run.kind
}

/** Values stay out of it: they may be told elsewhere. */
function differingNames(from: ResolvedService['env'], to: ResolvedService['env']): readonly string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((name) => from[name] !== to[name]).toSorted()
}
