import { connectControl, type ControlClient } from '../../control/api/client.ts'
import type { Status } from '../../control/api/contract.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import { observeNeeds } from '../../deploy/targets/docker/needs.ts'
import { usedNeeds } from '../../deploy/used-needs.ts'
import { rosterPort } from '../roster-port.ts'
import { firstDeploy } from '../first-deploy.ts'
import { takeLease } from '../lease.ts'
import { createNarrator, type Narrator } from '../narrate.ts'
import { describeLacks } from '../need-text.ts'
import { EXIT, print } from '../output.ts'
import { makeStateFolder, type Project } from '../project.ts'
import { mustBeFeasible } from '../promise-facts.ts'
import { currentSecrets } from '../rotation.ts'
import { readSecrets, type SecretValues } from '../secret-values.ts'
import { wayTo } from '../way.ts'
import { haveInstalled, untilAnswering } from './installing.ts'
import { shareKey } from './key.ts'
import { dockerPlace } from './place.ts'
import { dockerTarget } from './target.ts'

/** A call over the bridge waits so long for a control that comes up. */
const AWAY_MS = 30_000
const LOOK_MS = 200

export interface UpOptions {
  readonly json: boolean
  readonly say: (text: string) => string
  /** Without a first deploy. */
  readonly isEmpty: boolean
}

/**
 * Has the installation there, then what is live on it; where nothing is, it deploys. The engine keeps all of it running from
 * then on, so this returns. Returns the exit code.
 */
export async function upOnDocker(opened: Project, { json, say, isEmpty }: UpOptions): Promise<number> {
  mustBeFeasible(opened.app, opened.stateFolder)
  const project = makeStateFolder(opened)
  // What is missing is better told before anything is there.
  readSecrets(project)
  const narrator = createNarrator({ json, out: process.stdout, say })
  try {
    await haveInstalled(project, (text) => narrator.note(text))
    const status = await untilAnswering(project)
    await shareKey(project)
    using way = await wayTo(project)
    const control = connectControl(way.to, { awayMs: AWAY_MS })
    try {
      const secrets = await currentSecrets(project, control)
      narrator.note(`${status.app} (${status.environment}) is up at ${status.url}`)
      for (const lack of describeLacks((await control.call('need.list', {})).needs)) narrator.note(lack)
      const up = { project, control, secrets, narrator }
      const targetFor = (token: number) => dockerTarget(project, control, secrets, token)
      const code =
        status.world.live === null
          ? await firstDeploy({ ...up, reason: 'first deploy', targetFor }, { isEmpty })
          : await bringBack(up, status, status.world.live)
      if (json) print(JSON.stringify({ kind: 'status', ...(await control.call('status', {})) }))
      return code
    } finally {
      control.close()
    }
  } finally {
    narrator.close()
  }
}

interface Up {
  readonly project: Project
  readonly control: ControlClient
  readonly secrets: SecretValues
  readonly narrator: Narrator
}

/** What control counts on and nobody runs is started, and waited for until it passes its check. */
async function bringBack({ project, control, secrets, narrator }: Up, status: Status, live: string): Promise<number> {
  const startedAt = new Map(
    (await new Containers(dockerPlace(project)).observe())
      .filter(({ instance }) => instance.state !== 'stopped')
      .map(({ instance }) => [instance.id, instance.startedAt]),
  )
  // Also those that control knows from before they were started again.
  const lacks = status.instances.filter((one) => one.release === live && startedAt.get(one.id) !== one.startedAt)
  const { owed } = await control.call('roster.owed', {})
  const { release } = await control.call('release.get', { release: live })
  narrator.note(`${live} is live; \`seaworthy deploy\` ships what changed since`)
  if (release === null) return EXIT.done
  const run = new Set((await observeNeeds(dockerPlace(project))).filter((one) => one.isRunning).map(({ need }) => need))
  const isOurs = (need: string): boolean => release.config.needs[need]!.url === null
  const needs = Object.keys(usedNeeds(release.config)).filter((need) => isOurs(need) && !run.has(need))
  if (lacks.length === 0 && owed.length === 0 && needs.length === 0) return EXIT.done
  await using lease = await takeLease(control, 'up', (text) => narrator.note(text))
  const target = dockerTarget(project, control, secrets, lease.token)
  const roster = rosterPort(control, lease.token)
  let code: number = EXIT.done
  for (const need of Object.keys(usedNeeds(release.config))) {
    await target.provide(release, need)
    const { url: secret } = release.config.needs[need]!
    const url = secret === null ? null : (secrets.of([secret])[secret] ?? null)
    const { lack } = await control.call('need.ensure', { token: lease.token, release: live, need, url })
    if (lack !== null) narrator.note(lack)
  }
  // What somebody has stopped stays stopped.
  for (const service of Object.keys(release.config.services).filter((name) => !status.stoppedServices.includes(name))) {
    const instances = await target.start(release, service)
    for (const instance of instances) {
      const failure = await untilReady(
        () => target.probe(instance, release),
        release.config.services[service]!.health.deadlineMs,
      )
      if (failure === null) await roster.admit([instance.id])
      else code = EXIT.failed
      narrator.note(failure === null ? `${instance.id} is ready` : `${instance.id} is not ready: ${failure}`)
    }
  }
  return code
}

type Probed = Awaited<ReturnType<ReturnType<typeof dockerTarget>['probe']>>

/** Null when it passed in its time. */
async function untilReady(probe: () => Promise<Probed>, deadlineMs: number): Promise<string | null> {
  const until = performance.now() + deadlineMs
  for (;;) {
    const seen = await probe()
    if (seen.kind === 'pass') return null
    if (performance.now() > until) return seen.because
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
