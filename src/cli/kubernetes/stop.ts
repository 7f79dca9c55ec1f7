import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../core/problem.ts'
import { removeSecrets } from '../../deploy/targets/kubernetes/commands.ts'
import { controlClaim } from '../../deploy/targets/kubernetes/control.ts'
import { gatewayTableName } from '../../deploy/targets/kubernetes/gateway-table.ts'
import { gatewayKeyName } from '../../deploy/targets/kubernetes/gateway-key.ts'
import { objectName, releasesIn } from '../../deploy/targets/kubernetes/names.ts'
import { ownIn } from '../../deploy/targets/kubernetes/own.ts'
import {
  listPodNames,
  listPolicies,
  readOwn,
  removeAll,
  stopControl,
  stopGateway,
  stopInstances,
  type OwnComponent,
} from '../../deploy/targets/kubernetes/own-commands.ts'
import { pullSecretName } from '../../deploy/targets/kubernetes/pull-secret.ts'
import { mustRun } from '../../deploy/targets/run-command.ts'
import type { Stopped } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { clusterPlace, type ClusterPlace } from './place.ts'

/**
 * Beyond what a pod may take by itself: its pause, and its grace. A kubelet of 1.20 took 90 s to end one that was deleted while it
 * was being started.
 */
const LATE_MS = 120_000
/** Of what is in no config any more. */
const GRACE_MS = 30_000
const LOOK_MS = 500

/**
 * Stops what carries the environment's labels, from front to back: the gateway finishes what is in flight. What releases consist
 * of beside their pods stays, unless it is to be removed; the volume stays in any case.
 */
export async function stopOnKubernetes(project: Project, removes: boolean): Promise<Stopped> {
  const at = clusterPlace(project)
  const { access, place, run } = at
  const { services, drainMs } = project.app
  const own = ownIn(await mustRun(readOwn(access, place), run), place)
  const wasUp = own !== null || (await podsOf(at, 'gateway')).length > 0 || (await podsOf(at, 'instance')).length > 0
  const releases = releasesIn(await mustRun(listPolicies(access, place), run))
  const graceMs = Math.max(GRACE_MS, ...Object.values(services).map((service) => service.graceMs))
  const limitMs = drainMs + graceMs + LATE_MS
  if (wasUp) {
    await mustRun(stopGateway(access, place), run)
    await untilGone(at, 'gateway', limitMs)
    await mustRun(stopControl(access, place), run)
    await untilGone(at, 'control', limitMs)
    await mustRun(stopInstances(access, place), run)
    await untilGone(at, 'instance', limitMs)
  }
  if (removes) {
    await mustRun(removeAll(access, place), run)
    const names = releases.map(({ service, release }) => objectName(place, service, release))
    await mustRun(
      removeSecrets(access, [...names, gatewayKeyName(place), gatewayTableName(place), pullSecretName(place)]),
      run,
    )
  }
  return {
    wasUp,
    didSomething: wasUp || (removes && releases.length > 0),
    volume: controlClaim(place),
    what: removes ? 'stopped, and all that was made for it is removed' : 'stopped; its pods are gone, the rest stays',
  }
}

/** @throws Problem `instance.not-removed` */
async function untilGone(at: ClusterPlace, component: OwnComponent, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs
  for (;;) {
    const left = await podsOf(at, component)
    if (left.length === 0) return
    if (performance.now() > until) {
      throw new Problem('instance.not-removed', `the cluster still runs ${left.join(', ')}`, {
        hint: 'Look at it with `kubectl describe pod`, then run the command again.',
      })
    }
    await sleep(LOOK_MS)
  }
}

async function podsOf({ access, place, run }: ClusterPlace, component: OwnComponent): Promise<readonly string[]> {
  const names = await mustRun(listPodNames(access, place, component), run)
  return names.split('\n').filter((name) => name !== '')
}
