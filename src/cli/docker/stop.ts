import type { Command } from '../../deploy/targets/command.ts'
import {
  inspectContainers,
  listNetworks,
  removeContainers,
  removeNetwork,
  stopContainers,
} from '../../deploy/targets/docker/commands.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import { ownIn } from '../../deploy/targets/docker/installation.ts'
import { observeNeeds } from '../../deploy/targets/docker/needs.ts'
import { NEED_GRACE_MS } from '../../deploy/targets/docker/need-commands.ts'
import { stateVolume } from '../../deploy/targets/docker/names.ts'
import { findOwn, stopOwn } from '../../deploy/targets/docker/own-commands.ts'
import { mustRun, runAll } from '../../deploy/targets/run-command.ts'
import type { Stopped } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { dockerPlace } from './place.ts'

/** Of an instance whose own grace is not known here any more. */
const GRACE_MS = 30_000

/**
 * Stops what carries the environment's labels, from front to back: the gateway finishes what is in flight. Containers stay as
 * they are unless they are to be removed; volumes stay in any case.
 */
export async function stopOnDocker(project: Project, removes: boolean): Promise<Stopped> {
  const { host, place, run } = dockerPlace(project)
  const { services } = project.app
  const [found] = linesOf(await mustRun(findOwn(host, place), run))
  const own = found === undefined ? null : ownIn(await mustRun(inspectContainers(host, [found]), run), place)
  const instances = await new Containers({ host, place, run }).observe()
  const running = instances.filter(({ instance }) => instance.state !== 'stopped' && instance.state !== 'starting')
  const needs = await observeNeeds({ host, place, run })
  const isUp = own?.isRunning === true || running.length > 0 || needs.some((need) => need.isRunning)
  const graceMs = Math.max(GRACE_MS, ...Object.values(services).map((service) => service.graceMs))
  const all = [own, ...instances, ...needs].flatMap((one) => (one === null ? [] : [one.id]))
  const networks = removes ? linesOf(await mustRun(listNetworks(host, place), run)) : []
  const commands: readonly Command[] = [
    ...(own?.isRunning === true ? [stopOwn(host, place)] : []),
    ...(running.length === 0
      ? []
      : [
          stopContainers(
            host,
            running.map(({ id }) => id),
            graceMs,
          ),
        ]),
    // What they held is written before they end.
    ...needs.flatMap(({ id, isRunning }) => (isRunning ? [stopContainers(host, [id], NEED_GRACE_MS)] : [])),
    ...(removes && all.length > 0 ? [removeContainers(host, all)] : []),
    ...networks.map((network) => removeNetwork(host, network)),
  ]
  await runAll(commands, run)
  return {
    wasUp: isUp,
    didSomething: commands.length > 0,
    volume: stateVolume(place),
    what: removes ? 'stopped, and its containers and networks are removed' : 'stopped; its containers stay',
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
