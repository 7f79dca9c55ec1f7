import { controlName } from '../../deploy/targets/kubernetes/control.ts'
import { gatewayName } from '../../deploy/targets/kubernetes/gateway.ts'
import { lookAtCluster, lookAtInstallation } from '../../deploy/targets/kubernetes/look.ts'
import { planInstallation } from '../../deploy/targets/kubernetes/plan-installation.ts'
import { havePullSecret } from '../../deploy/targets/kubernetes/pull-secret.ts'
import { architectureHere } from '../../deploy/targets/image/machine-node.ts'
import { ownImage, type OwnImage } from '../../deploy/targets/image/own-image.ts'
import { mustFit, putImage, type Put } from '../../deploy/targets/image/put-image.ts'
import { nameInRegistry } from '../../deploy/targets/image/registry.ts'
import { runAll, type RunOptions } from '../../deploy/targets/run-command.ts'
import type { Installed } from '../hosted/hosted.ts'
import { haveOwnInRegistry, namedById, registryOf } from '../hosted/images.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import { clusterPlace } from './place.ts'
import { untilControlReady, untilGatewayReady } from './until-ready.ts'
import { wantedInstallation } from './wanted.ts'

/** What the installation lacks, image aside: whatever is of this version will do. Changes nothing. */
export async function lookAtInstalled(project: Project): Promise<Installed> {
  const { access, place, run } = clusterPlace(project)
  const there = await lookAtInstallation(access, place, run)
  const tag = project.registry === null ? ownTag() : nameInRegistry(project.registry, ownTag())
  const isOurs = (image: string): boolean => image.startsWith(`${tag}-`)
  const wanted = wantedInstallation(project, tag, await lookAtCluster(access, run))
  const plan = planInstallation(access, wanted, there, isOurs)
  const { own, gateway, hasVolume } = there
  return {
    plan,
    isNew: own === null && !hasVolume,
    isRunning: own?.isRunning ?? false,
    hasImage: own !== null && isOurs(own.image) && (gateway === null || isOurs(gateway.image)),
  }
}

/**
 * Has the installation there and running, and replaces what differs from what is wanted. Its image has another name whenever
 * it is another one: nodes do not ask for a name again that they know.
 * @throws Problem `cluster.no-namespace` `environment.not-started` `image.not-here` `target.tool-missing` `target.tool-failed`
 */
export async function haveInstalled(project: Project, note: (text: string) => void): Promise<void> {
  const at = clusterPlace(project)
  const { access, place, run } = at
  const there = await lookAtInstallation(access, place, run)
  await mustFit(architectureHere(), null, run)
  const image = await ownImage(ownInstallation())
  const registry = registryOf(project)
  const { name, put } = registry === null ? await havePut(image, run) : await haveOwnInRegistry(image, registry)
  if (put.kind === 'sent') note(`${namedById(image)}: ${(put.bytes / 1_000_000).toFixed(1)} MB sent to the engine`)
  if (registry !== null) await havePullSecret(at, registry.name)
  const wanted = wantedInstallation(project, name, await lookAtCluster(access, run))
  const plan = planInstallation(access, wanted, there, (other) => other === name)
  // Control first: while it is replaced the gateways serve on, and what is new in them finds it there.
  for (const { commands, untilReady } of plan.steps) {
    await runAll(commands, run)
    if (untilReady.includes('control')) await untilControlReady(at, note)
    if (untilReady.includes('gateway')) await untilGatewayReady(at, note)
  }
  if (plan.kind === 'nothing') return
  note(`${controlName(place)} and ${gatewayName(place)}: ${doneWords[plan.kind]} (${plan.because.join('; ')})`)
}

/** For nodes that run images of the engine that `docker` speaks to. */
async function havePut(image: OwnImage, run: RunOptions): Promise<{ readonly name: string; readonly put: Put }> {
  const name = namedById(image)
  return { name, put: await putImage(image, name, null, run) }
}

const doneWords = { make: 'made and started', start: 'started', replace: 'replaced' } as const
