import type { ControlClient } from '../../control/api/client.ts'
import type { Status } from '../../control/api/contract.ts'
import { messageOf } from '../../core/problem.ts'
import { hasMadeRoom } from '../../deploy/journal.ts'
import type { Instance, Release } from '../../deploy/release.ts'
import { usedNeeds } from '../../deploy/used-needs.ts'
import { settleUnderLease } from '../deploying.ts'
import { takeLease } from '../lease.ts'
import type { Narrator } from '../narrate.ts'
import { EXIT } from '../output.ts'
import type { Project } from '../project.ts'
import { rosterPort } from '../roster-port.ts'
import type { SecretValues } from '../secret-values.ts'
import { targetOf, type CommandTarget } from '../targets.ts'
import type { Hosted } from './hosted.ts'

const LOOK_MS = 200

export interface Back {
  readonly project: Project
  readonly hosted: Hosted
  readonly control: ControlClient
  readonly secrets: SecretValues
  readonly narrator: Narrator
}

/**
 * What control counts on and nobody runs is started, and waited for until it passes its check. A deploy that was left when it
 * had made room for its release is undone first: what is live must not run beside that. Returns the exit code.
 * @param live the id of the release that takes the traffic
 */
export async function bringBack(back: Back, found: Status, live: string): Promise<number> {
  const { project, hosted, control, secrets, narrator } = back
  const status = hasMadeRoom(found.running) ? await settled(back) : found
  const { owed } = await control.call('roster.owed', {})
  const { release } = await control.call('release.get', { release: live })
  if (release === null) return EXIT.done
  const gone = await hosted.gone(status)
  const { heldServices: held = [] } = status
  if (owed.length + gone.length + held.length === 0 && (await hosted.isWhole(status, release))) return EXIT.done
  await using lease = await takeLease(control, 'up', (text) => narrator.note(text))
  const target = targetOf(project, control, secrets, lease.token)
  await provideNeeds(back, release, target, lease.token)
  // What somebody has stopped stays stopped.
  const services = Object.keys(release.config.services).filter((name) => !status.stoppedServices.includes(name))
  let code: number = EXIT.done
  for (const service of services) {
    const instances = await target.start(release, service)
    if (!(await letIn(instances, { release, target, control, token: lease.token, narrator }))) code = EXIT.failed
  }
  if (!(await letHeldIn(held, { control, token: lease.token, narrator }))) code = EXIT.failed
  for (const one of gone) await target.stop(one, null)
  return code
}

/** As a deploy begins. */
async function settled({ project, control, secrets, narrator }: Back): Promise<Status> {
  const targetFor = (token: number): CommandTarget => targetOf(project, control, secrets, token)
  await settleUnderLease({ project, control, secrets, narrator, reason: 'up', targetFor })
  return control.call('status', {})
}

async function provideNeeds(
  { control, secrets, narrator }: Back,
  release: Release,
  target: CommandTarget,
  token: number,
): Promise<void> {
  for (const need of Object.keys(usedNeeds(release.config))) {
    await target.provide?.(release, need)
    const { url: secret } = release.config.needs[need]!
    const url = secret === null ? null : (secrets.of([secret])[secret] ?? null)
    const { lack } = await control.call('need.ensure', { token, release: release.id, need, url })
    if (lack !== null) narrator.note(lack)
  }
}

interface LetIn {
  readonly release: Release
  readonly target: CommandTarget
  readonly control: ControlClient
  readonly token: number
  readonly narrator: Narrator
}

/** Whether all of them passed. */
async function letIn(
  instances: readonly Instance[],
  { release, target, control, token, narrator }: LetIn,
): Promise<boolean> {
  const roster = rosterPort(control, token)
  let allPassed = true
  for (const instance of instances) {
    const { deadlineMs } = release.config.services[instance.service]!.health
    const failure = await untilReady(() => target.probe(instance, release, AbortSignal.timeout(deadlineMs)), deadlineMs)
    if (failure === null) await roster.admit([instance.id])
    else allPassed = false
    narrator.note(failure === null ? `${instance.id} is ready` : `${instance.id} is not ready: ${failure}`)
  }
  return allPassed
}

/** Running is not enough for what made room for a release that did not come: it was taken out of the traffic. */
async function letHeldIn(
  services: readonly string[],
  { control, token, narrator }: Pick<LetIn, 'control' | 'token' | 'narrator'>,
): Promise<boolean> {
  let areAllIn = true
  for (const service of services) {
    try {
      await control.call('service.start', { service, token })
      narrator.note(`${service} is back: it had made room for a release that did not come`)
    } catch (error) {
      areAllIn = false
      narrator.note(`${service} could not be brought back: ${messageOf(error)}`)
    }
  }
  return areAllIn
}

type Probed = Awaited<ReturnType<CommandTarget['probe']>>

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
