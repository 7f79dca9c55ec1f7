import type { Status } from '../../control/api/contract.ts'
import type { Instance, Release } from '../../deploy/release.ts'
import { bridgeWords, listPods } from '../../deploy/targets/kubernetes/commands.ts'
import { controlClaim, controlPod } from '../../deploy/targets/kubernetes/control.ts'
import { observed } from '../../deploy/targets/kubernetes/observe.ts'
import {
  agreeOnKey,
  findClaim,
  followWords,
  logsOf,
  readRecords,
} from '../../deploy/targets/kubernetes/own-commands.ts'
import type { GatewayPod } from '../../deploy/targets/kubernetes/own-gateway.ts'
import { Workloads } from '../../deploy/targets/kubernetes/workloads.ts'
import { mustRun } from '../../deploy/targets/run-command.ts'
import type { Hosted, LogSource, RecordsThere } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { KEY_FILE } from '../secret-values.ts'
import { lookAtKubernetes } from './doctor.ts'
import { execOnKubernetes } from './exec.ts'
import { haveInstalled, lookAtInstalled } from './installing.ts'
import { outlineOn } from './outline.ts'
import { clusterPlace, type ClusterPlace } from './place.ts'
import { restartOnKubernetes } from './restart-gateway.ts'
import { stopOnKubernetes } from './stop.ts'
import { gatewayPods, lastWords } from './until-ready.ts'

/** An environment whose instances are pods of one namespace. */
export function kubernetesHosted(project: Project): Hosted {
  const at = clusterPlace(project)
  return {
    bridge: bridgeWords(at.access, controlPod(at.place)),
    look: () => lookAtInstalled(project),
    install: (note) => haveInstalled(project, note),
    records: recordsAt(at),
    lastWords: () => lastWords(at),
    agreeOnKey: (key) => agreeOnKey(at.access, at.place, KEY_FILE, key),
    isWhole: (status, live) => isWhole(at, status, live),
    gone: (status) => gone(at, status),
    outline: (plan, scaled) => outlineOn(project, plan, scaled),
    logSources: () => logSources(at),
    exec: (asked) => execOnKubernetes(project, asked),
    restartGateway: (note) => restartOnKubernetes(at, note),
    stop: (removes) => stopOnKubernetes(project, removes),
    doctor: () => lookAtKubernetes(project),
  }
}

function recordsAt({ access, place, run }: ClusterPlace): RecordsThere {
  return {
    place: `claim ${controlClaim(place)}`,
    reader: async (question) =>
      (await mustRun(findClaim(access, place), run)).trim() === '' ? null : readRecords(access, place, question),
  }
}

/** What has a Deployment the cluster keeps by itself. */
async function isWhole(at: ClusterPlace, { stoppedServices }: Status, live: Release): Promise<boolean> {
  const there = (await new Workloads(at).deployed()).filter(({ release }) => release === live.id)
  return Object.keys(live.config.services).every(
    (name) => stoppedServices.includes(name) || there.some(({ service }) => service === name),
  )
}

/** A stop takes pods away, also those of a release that was warm. */
async function gone(at: ClusterPlace, { instances, world }: Status): Promise<readonly string[]> {
  const there = new Set((await new Workloads(at).deployed()).map(({ release }) => release))
  return [...new Set(instances.map(({ release }) => release))].filter((id) => id !== world.live && !there.has(id))
}

async function logSources(at: ClusterPlace): Promise<readonly LogSource[]> {
  const { access, place, run } = at
  const sourceOf = (pod: string, container: string, instance: Instance): LogSource => ({
    id: `${pod} ${instance.restarts}`,
    instance,
    read: (fromMs) => logsOf(access, pod, container, fromMs),
    follow: (lines) => followWords(access, pod, container, lines),
  })
  return [
    ...observed(await mustRun(listPods(access, place), run))
      .filter(({ instance }) => instance.state !== 'starting')
      .map(({ pod, instance }) => sourceOf(pod, instance.service, instance)),
    ...(await gatewayPods(at)).map((pod) => sourceOf(pod.name, 'gateway', writerOf(pod))),
  ]
}

/** Who writes the lines of a gateway's pod. */
function writerOf({ name, startedAt, restarts, isLeaving }: GatewayPod): Instance {
  return {
    id: `gateway@${name}`,
    service: 'gateway',
    release: '',
    host: '',
    port: null,
    state: isLeaving ? 'stopping' : 'running',
    pid: null,
    startedAt,
    restarts,
    lastExit: null,
  }
}
