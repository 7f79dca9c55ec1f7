import { startContainer, type Host } from '../../deploy/targets/docker/commands.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import { haveOwnImage, install, lookAtEngine, lookAtInstallation } from '../../deploy/targets/docker/install.ts'
import { planInstallation } from '../../deploy/targets/docker/installation.ts'
import { ownName, stateVolume } from '../../deploy/targets/docker/names.ts'
import { haveFromRegistry } from '../../deploy/targets/docker/push.ts'
import type { ThroughRegistry } from '../../deploy/targets/docker/through-registry.ts'
import { architectureHere } from '../../deploy/targets/image/machine-node.ts'
import { ownImage, type OwnImage } from '../../deploy/targets/image/own-image.ts'
import { putImage, type Put } from '../../deploy/targets/image/put-image.ts'
import { runAll, type RunOptions } from '../../deploy/targets/run-command.ts'
import { haveOwnInRegistry, registryOf } from '../hosted/images.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import type { Installed } from '../hosted/hosted.ts'
import { dockerPlace } from './place.ts'
import { wantedInstallation } from './wanted.ts'

/** What the installation lacks, image aside: whatever has its name will do. Changes nothing. */
export async function lookAtInstalled(project: Project): Promise<Installed> {
  const { host, place, run } = dockerPlace(project)
  const { cores } = await lookAtEngine(host, run)
  const there = await lookAtInstallation(host, place, ownTag(), run)
  const plan = planInstallation(host, wantedInstallation(project, cores, null), there)
  const isNew = there.own === null && !there.volumes.includes(stateVolume(place))
  return {
    plan: { ...plan, interrupts: plan.kind === 'replace' },
    isNew,
    isRunning: there.own?.isRunning ?? false,
    hasImage: there.imageId !== null,
  }
}

/**
 * Has the installation there and running, and replaces what differs from what is wanted. What was stopped with it is started
 * with it: instances first, so that the gateway finds them.
 * @throws Problem `image.not-here` `target.tool-missing` `target.tool-failed`
 */
export async function haveInstalled(project: Project, note: (text: string) => void): Promise<void> {
  const { host, place, run } = dockerPlace(project)
  const { cores } = await lookAtEngine(host, run)
  const registry = registryOf(project)
  const imageId = await haveOwnImage(
    host,
    ownTag(),
    {
      architecture: architectureHere(),
      make: () => ownImage(ownInstallation()),
      put: (image) => bring(image, { registry, host, run }, note),
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
}

/** Has Seaworthy's own image on an engine, by way of the registry where there is one. */
async function bring(
  image: OwnImage,
  { registry, host, run }: { readonly registry: ThroughRegistry | null; readonly host: Host; readonly run: RunOptions },
  note: (text: string) => void,
): Promise<void> {
  const tell = (put: Put): void => {
    if (put.kind === 'sent') note(`${ownTag()}: ${(put.bytes / 1_000_000).toFixed(1)} MB sent to the engine`)
  }
  if (registry === null) return tell(await putImage(image, ownTag(), host, run))
  const { reference, put } = await haveOwnInRegistry(image, registry)
  tell(put)
  await haveFromRegistry(host, { reference, name: ownTag() }, run)
  note(`${ownTag()}: fetched as ${reference}`)
}

const doneWords = { make: 'made and started', start: 'started', replace: 'replaced' } as const
