import { Problem } from '../../core/problem.ts'
import { readVersion } from '../../deploy/targets/kubernetes/commands.ts'
import { lookAtCluster } from '../../deploy/targets/kubernetes/look.ts'
import { readFront, readRoom } from '../../deploy/targets/kubernetes/own-commands.ts'
import { frontIn } from '../../deploy/targets/kubernetes/own.ts'
import { askRights, describeRights, lacking, neededRights } from '../../deploy/targets/kubernetes/rights.ts'
import { lookAtEngine } from '../../deploy/targets/docker/install.ts'
import { mustRun, runCommand } from '../../deploy/targets/run-command.ts'
import type { Finding } from '../hosted/hosted.ts'
import { lookAtRegistry } from '../hosted/registry-findings.ts'
import type { Project } from '../project.ts'
import { lookAtInstalled } from './installing.ts'
import { clusterPlace } from './place.ts'
import { gatewayPods } from './until-ready.ts'

/** Below this releases, journal and history soon have no place. */
const ROOM_BYTES_MIN = 500_000_000

/** What an environment's cluster has and lacks. Touches nothing. */
export async function lookAtKubernetes(project: Project): Promise<readonly Finding[]> {
  const found: Finding[] = []
  try {
    found.push(await lookAtServer(project))
    found.push(...(await lookAtRights(project)))
    found.push(...(await lookAtOwn(project)))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const what = found.length === 0 ? 'cluster' : 'namespace'
    found.push({ level: 'missing', what, detail: [error.message, ...error.details, error.hint ?? ''].join(' ') })
  }
  return [...found, ...(project.registry === null ? [await lookAtImages()] : await lookAtRegistry(project))]
}

async function lookAtServer(project: Project): Promise<Finding> {
  const { access, run } = clusterPlace(project)
  await lookAtCluster(access, run)
  const { serverVersion } = JSON.parse(await mustRun(readVersion(access), run)) as {
    readonly serverVersion: { readonly gitVersion: string }
  }
  const context = access.context === null ? 'the cluster that kubectl finds by itself' : `context ${access.context}`
  return {
    level: 'ok',
    what: 'cluster',
    detail: `${serverVersion.gitVersion}, ${context}, namespace ${access.namespace}`,
  }
}

/** Exactly what the role gives: each that lacks is named, with its cure. */
async function lookAtRights(project: Project): Promise<readonly Finding[]> {
  const { access, run } = clusterPlace(project)
  const rights = neededRights()
  const lacks = lacking(rights, await mustRun(askRights(access, rights), run))
  if (lacks.length === 0)
    return [{ level: 'ok', what: 'rights', detail: `all ${rights.length} that a deploy needs in ${access.namespace}` }]
  const cure = `\`seaworthy doctor --role\` prints the role that gives them, for an administrator of ${access.namespace} to apply`
  return [
    ...describeRights(lacks).map((detail) => ({ level: 'missing' as const, what: 'right', detail })),
    { level: 'note', what: 'rights', detail: `${lacks.length} of ${rights.length} lack: ${cure}` },
  ]
}

async function lookAtOwn(project: Project): Promise<readonly Finding[]> {
  const { access, place, run } = clusterPlace(project)
  const { plan, isRunning } = await lookAtInstalled(project)
  if (plan.kind !== 'nothing') {
    const detail = `${plan.because.join('; ')}: \`seaworthy up\` puts it right`
    return [{ level: 'note', what: 'installation', detail }]
  }
  if (!isRunning)
    return [{ level: 'missing', what: 'installation', detail: 'its pod is not ready: `seaworthy up` tells why' }]
  const front = frontIn(await mustRun(readFront(access, place), run))
  const { code, stdout } = await runCommand(readRoom(access, place), run)
  const bytes = code === 0 ? Number(stdout) : Number.NaN
  return [
    { level: 'ok', what: 'installation', detail: 'gateway and control are there and run' },
    await lookAtGateway(project),
    ...(front === null ? [] : [{ level: 'ok' as const, what: 'front door', detail: front }]),
    Number.isFinite(bytes)
      ? {
          level: bytes < ROOM_BYTES_MIN ? 'missing' : 'ok',
          what: 'room',
          detail: `${(bytes / 1e9).toFixed(1)} GB free on control's volume`,
        }
      : { level: 'note', what: 'room', detail: 'control does not tell' },
  ]
}

async function lookAtGateway(project: Project): Promise<Finding> {
  const pods = (await gatewayPods(clusterPlace(project))).filter(({ isLeaving }) => !isLeaving)
  const ready = pods.filter(({ isReady }) => isReady)
  const detail = `${ready.length} of ${pods.length} pods are ready`
  const waiting = pods
    .filter(({ isReady }) => !isReady)
    .map(({ name, because }) => [name, ...because].join(': '))
    .join('; ')
  if (pods.length === 0) return { level: 'missing', what: 'gateway', detail: 'it has no pod: nobody is served' }
  return {
    level: waiting === '' ? 'ok' : 'missing',
    what: 'gateway',
    detail: [detail, waiting].filter(Boolean).join('; '),
  }
}

/** Images are made on an engine that the cluster's nodes run them from. */
async function lookAtImages(): Promise<Finding> {
  try {
    const { version } = await lookAtEngine(null, { env: process.env })
    const where = process.env['DOCKER_HOST'] ?? 'the context of docker'
    return {
      level: 'ok',
      what: 'images',
      detail: `made by the Docker engine ${version} at ${where}: it has to be the nodes'`,
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { level: 'missing', what: 'images', detail: [error.message, ...error.details].join(' ') }
  }
}
