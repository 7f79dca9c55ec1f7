import { connectControl, type ControlClient } from '../../control/api/client.ts'
import type { Status } from '../../control/api/contract.ts'
import { Problem } from '../../core/problem.ts'
import { readLogs, startContainer } from '../../deploy/targets/docker/commands.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import { haveOwnImage, install, lookAtEngine, lookAtInstallation } from '../../deploy/targets/docker/install.ts'
import { planInstallation, type InstallationPlan } from '../../deploy/targets/docker/installation.ts'
import { ownName, stateVolume } from '../../deploy/targets/docker/names.ts'
import { architectureHere } from '../../deploy/targets/image/machine-node.ts'
import { ownImage } from '../../deploy/targets/image/own-image.ts'
import { runAll, runCommand } from '../../deploy/targets/run-command.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import { wayTo } from '../way.ts'
import { dockerPlace } from './place.ts'
import { wantedInstallation } from './wanted.ts'

/** From the start of its container to the first answer of control: a machine at its limit takes a minute. */
const START_MS = 120_000
const LINES_SHOWN = 10

/** What a look at the engine tells. */
export interface Installed {
  readonly plan: InstallationPlan
  /** Control has kept nothing here: nothing was ever deployed. */
  readonly isNew: boolean
  /** Control can be asked. */
  readonly isRunning: boolean
  /** False: Seaworthy's image would be made first. */
  readonly hasImage: boolean
}

/** What the installation lacks, image aside: whatever has its name will do. Changes nothing. */
export async function lookAtInstalled(project: Project): Promise<Installed> {
  const { host, place, run } = dockerPlace(project)
  const { cores } = await lookAtEngine(host, run)
  const there = await lookAtInstallation(host, place, ownTag(), run)
  const plan = planInstallation(host, wantedInstallation(project, cores, null), there)
  const isNew = there.own === null && !there.volumes.includes(stateVolume(place))
  return { plan, isNew, isRunning: there.own?.isRunning ?? false, hasImage: there.imageId !== null }
}

/**
 * Has the installation there and running, and replaces what differs from what is wanted. What was stopped with it is started
 * with it: instances first, so that the gateway finds them.
 * @throws Problem `image.not-here` `target.tool-missing` `target.tool-failed`
 */
export async function haveInstalled(project: Project, note: (text: string) => void): Promise<InstallationPlan> {
  const { host, place, run } = dockerPlace(project)
  const { cores } = await lookAtEngine(host, run)
  const imageId = await haveOwnImage(
    host,
    ownTag(),
    {
      architecture: architectureHere(),
      make: () => ownImage(ownInstallation()),
      onPut: (put) => {
        if (put.kind === 'sent') note(`${ownTag()}: ${(put.bytes / 1_000_000).toFixed(1)} MB sent to the engine`)
      },
    },
    run,
  )
  const there = await lookAtInstallation(host, place, ownTag(), run)
  if (!there.own?.isRunning) {
    const stopped = (await new Containers({ host, place, run }).observe()).filter(
      ({ instance }) => instance.state === 'stopped',
    )
    await runAll(
      stopped.map(({ id }) => startContainer(host, id)),
      run,
    )
  }
  const plan = await install(host, wantedInstallation(project, cores, imageId), there, run)
  if (plan.kind !== 'nothing') note(`${ownName(place)}: ${doneWords[plan.kind]} (${plan.because.join('; ')})`)
  return plan
}

const doneWords = { make: 'made and started', start: 'started', replace: 'replaced' } as const

/** @throws Problem `environment.not-started` with the last lines of its container */
export async function untilAnswering(project: Project): Promise<Status> {
  const { host, place, run } = dockerPlace(project)
  const until = performance.now() + START_MS
  for (;;) {
    try {
      return await ask(project, Math.max(0, until - performance.now()))
    } catch (error) {
      const isAway = error instanceof Problem && ['environment.down', 'environment.unreachable'].includes(error.code)
      if (!isAway) throw error
      // The engine starts it again and again: between two of its lives there is no way in.
      if (performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 500))
        continue
      }
      const { lastLines } = await runCommand(readLogs(host, ownName(place), LINES_SHOWN), { ...run, streams: true })
      throw new Problem('environment.not-started', `control does not answer in ${ownName(place)}`, {
        hint: `Mend what its last lines say; \`docker logs ${ownName(place)}\` has all of them.`,
        details: lastLines.map((line) => `| ${line}`),
        cause: error,
      })
    }
  }
}

async function ask(project: Project, awayMs: number): Promise<Status> {
  using way = await wayTo(project)
  const control: ControlClient = connectControl(way.to, { awayMs })
  try {
    return await control.call('status', {})
  } finally {
    control.close()
  }
}
