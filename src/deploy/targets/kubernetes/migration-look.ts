import { LABEL } from '../labels.ts'
import type { Labels } from './names.ts'

/** How a step of a migration stands. */
export type StepLook =
  /** Nothing of it has run. `why`: what the cluster says of it. */
  | { readonly kind: 'waits'; readonly why: string }
  | { readonly kind: 'runs' }
  /** `because`: how it ended, null well. `said`: the container that tells, of which pod; null: there is none any more. */
  | { readonly kind: 'ended'; readonly because: string | null; readonly said: Said | null }

export interface Said {
  readonly pod: string
  readonly container: string
}

/** The fields that are read, named as the API names them. */
interface Job {
  readonly status: {
    readonly failed?: number
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[]
  }
}

interface Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string }
  readonly status: {
    readonly reason?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerStatus {
  readonly name: string
  readonly state: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly running?: object
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string }
  }
}

/**
 * @param job output of `kubectl get jobs NAME --output json`
 * @param pods output of `kubectl get pods --output json`; a job that was given another pod is as the last one is
 */
export function stepLook(job: string, pods: string): StepLook {
  const { conditions = [], failed: failures = 0 } = (JSON.parse(job) as Job).status
  const { items } = JSON.parse(pods) as { readonly items: readonly Pod[] }
  const pod = items
    .toSorted((one, other) => one.metadata.creationTimestamp.localeCompare(other.metadata.creationTimestamp))
    .at(-1)
  const containers = containersOf(pod?.status ?? {})
  const failed = containers.find(({ state }) => (state.terminated?.exitCode ?? 0) !== 0)
  const last = failed ?? containers.at(-1)
  const said = pod === undefined || last === undefined ? null : { pod: pod.metadata.name, container: last.name }
  const has = (type: string) => conditions.find((one) => one.type === type && one.status === 'True')
  if (has('Complete') !== undefined) return { kind: 'ended', because: null, said }
  // One that is deleted has its grace: until it has ended it may still change what it is there to change.
  if (items.some(({ status }) => containersOf(status).some(({ state }) => state.running !== undefined)))
    return { kind: 'runs' }
  const failure = has('Failed')
  if (failure !== undefined) return { kind: 'ended', because: becauseOf(failure.reason, pod, failed), said }
  // Old clusters give a job another pod for one that was deleted: it has nothing to begin with, and is not waited for.
  if (failures > 0 && has('FailureTarget') === undefined)
    return { kind: 'ended', because: 'was ended: its pod was removed', said: null }
  const hasRun = containers.some(({ state }) => state.terminated !== undefined)
  return hasRun ? { kind: 'runs' } : { kind: 'waits', why: whyOf(pod, containers) }
}

function containersOf({
  initContainerStatuses = [],
  containerStatuses = [],
}: Pod['status']): readonly ContainerStatus[] {
  return [...initContainerStatuses, ...containerStatuses]
}

function becauseOf(reason: string | undefined, pod: Pod | undefined, failed: ContainerStatus | undefined): string {
  if (reason === 'DeadlineExceeded') return 'did not end in its time, and was ended'
  const { exitCode, reason: how, message } = failed?.state.terminated ?? {}
  if (exitCode === undefined) return `was ended: ${pod?.status.reason ?? 'its pod was removed'}`
  if (how === 'OOMKilled') return 'ran out of memory'
  return how === 'ContainerCannotRun' || how === 'StartError'
    ? `could not be started: ${message ?? ''}`.trim()
    : `exited with ${exitCode}`
}

function whyOf(pod: Pod | undefined, containers: readonly ContainerStatus[]): string {
  if (pod === undefined) return 'it has no pod yet'
  const unscheduled = pod.status.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  if (unscheduled !== undefined) return `it has no node: ${unscheduled.message ?? ''}`.trim()
  const waiting = containers.map(({ state }) => state.waiting).find((one) => one?.reason !== 'PodInitializing')
  return waiting === undefined ? 'it is being started' : `${waiting.reason ?? ''} ${waiting.message ?? ''}`.trim()
}

/** A step of a run that is there. */
export interface StepThere {
  readonly name: string
  readonly run: number
}

/** @param output of `kubectl get configmaps --output json` */
export function stepsIn(output: string): readonly StepThere[] {
  return itemsIn(output).map(({ metadata: { name, labels = {} } }) => ({ name, run: Number(labels[LABEL.migration]) }))
}

/**
 * Those that change the database itself at this moment.
 * @param output of `kubectl get jobs --output json`
 */
export function applyingIn(output: string): readonly StepThere[] {
  return itemsIn(output)
    .filter(({ metadata, status }) => LABEL.applying in (metadata.labels ?? {}) && (status?.active ?? 0) > 0)
    .map(({ metadata: { name, labels = {} } }) => ({ name, run: Number(labels[LABEL.migration]) }))
}

interface Item {
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly status?: { readonly active?: number }
}

function itemsIn(output: string): readonly Item[] {
  return (JSON.parse(output) as { readonly items: readonly Item[] }).items
}
