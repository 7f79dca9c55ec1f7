import { Problem } from '../../core/problem.ts'
import { gatewayName } from '../../deploy/targets/kubernetes/gateway.ts'
import { readGateway, restartGateway } from '../../deploy/targets/kubernetes/own-commands.ts'
import { gatewayIn } from '../../deploy/targets/kubernetes/own-gateway.ts'
import { mustRun } from '../../deploy/targets/run-command.ts'
import type { GatewayRestarted } from '../hosted/hosted.ts'
import type { ClusterPlace } from './place.ts'
import { gatewayPods, untilGatewayReady } from './until-ready.ts'

/**
 * Fresh pods of the gateway, one after the other, from the image that they have: none goes before another has come in its
 * place.
 * @throws Problem `environment.down` `environment.not-started`
 */
export async function restartOnKubernetes(at: ClusterPlace, note: (text: string) => void): Promise<GatewayRestarted> {
  const { access, place, run } = at
  const begun = performance.now()
  if (gatewayIn(await mustRun(readGateway(access, place), run), place) === null) {
    throw new Problem('environment.down', `there is no ${gatewayName(place)} in ${access.namespace}`, {
      hint: 'Run `seaworthy up`.',
    })
  }
  await mustRun(restartGateway(access, place, new Date()), run)
  await untilGatewayReady(at, note)
  const pods = await gatewayPods(at)
  return {
    pods: pods.filter(({ isLeaving }) => !isLeaving).map(({ name }) => name),
    retiring: pods.filter(({ isLeaving }) => isLeaving).length,
    tookMs: Math.round(performance.now() - begun),
  }
}
