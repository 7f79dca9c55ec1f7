import type { Instance, InstanceState } from '../../release.ts'
import { CRASHES_MAX, exitText } from '../exit.ts'
import { LABEL } from '../labels.ts'
import { aliasOf } from './names.ts'

/** A container of ours as the engine shows it. */
export interface Observed {
  /** The engine's id: what commands are given, since names can be taken over. */
  readonly id: string
  readonly instance: Instance
  /** Id of the image that it runs. */
  readonly image: string
  readonly artifact: string
  /** With what it ended; null while it runs: the engine shows 0 then, whatever it was. */
  readonly exitCode: number | null
  /** The kernel killed it for its memory limit. */
  readonly isOutOfMemory: boolean
  /** Why the engine could not start it; '' when it could. */
  readonly error: string
  /** What its own check says; null without one. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null
}

/**
 * Reads the output of `docker inspect --type container`. Containers without our labels are left out: they are not ours.
 * @throws Error for what is no such output
 */
export function observed(output: string): readonly Observed[] {
  const list = JSON.parse(output) as readonly Inspected[]
  return list.flatMap((one) => {
    const found = observe(one)
    return found === null ? [] : [found]
  })
}

/** The fields that are read, named as the engine names them. */
interface Inspected {
  readonly Id: string
  readonly Image: string
  readonly Created: string
  readonly RestartCount: number
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null }
  readonly State: {
    readonly Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
    readonly Pid: number
    readonly ExitCode: number
    readonly OOMKilled: boolean
    readonly Error: string
    readonly StartedAt: string
    readonly FinishedAt: string
    readonly Health?: { readonly Status: string }
  }
}

function observe({ Id, Image, Created, RestartCount, Config, State }: Inspected): Observed | null {
  const labels = Config.Labels ?? {}
  const [id, service, release] = [labels[LABEL.instance], labels[LABEL.service], labels[LABEL.release]]
  if (id === undefined || service === undefined || release === undefined) return null
  const port = Number(labels[LABEL.port] ?? '')
  const runs = State.Status === 'running' || State.Status === 'paused'
  const hasEnded = instantOf(State.FinishedAt) !== null
  const couldNot = State.Error !== '' || (State.Status === 'created' && State.ExitCode !== 0)
  const health = State.Health?.Status
  return {
    id: Id,
    image: Image,
    artifact: labels[LABEL.artifact] ?? '',
    instance: {
      id,
      service,
      release,
      host: aliasOf(id),
      port: port > 0 ? port : null,
      state: stateOf(State.Status, RestartCount),
      pid: State.Pid > 0 ? State.Pid : null,
      startedAt: instantOf(State.StartedAt) ?? Date.parse(Created),
      restarts: RestartCount,
      lastExit: couldNot ? `could not be started: ${State.Error}` : hasEnded ? describeExit(State, runs) : null,
    },
    exitCode: !runs && (hasEnded || couldNot) ? State.ExitCode : null,
    isOutOfMemory: State.OOMKilled,
    error: State.Error,
    health: health === 'starting' || health === 'healthy' || health === 'unhealthy' ? health : null,
  }
}

/** `paused` is not a state that we bring about: it answers nobody, and its probes say so. */
function stateOf(status: Inspected['State']['Status'], restarts: number): InstanceState {
  switch (status) {
    case 'created':
      return 'starting'
    case 'running':
    case 'paused':
      return 'running'
    case 'restarting':
      return restarts >= CRASHES_MAX ? 'crash-loop' : 'restarting'
    case 'removing':
      return 'stopping'
    case 'exited':
    case 'dead':
      return 'stopped'
  }
}

function describeExit({ ExitCode, OOMKilled }: Inspected['State'], runs: boolean): string {
  if (runs) return OOMKilled ? 'ran out of memory' : 'ended, status unknown'
  return exitText(ExitCode)
}

/** The engine writes the year 1 for never. */
function instantOf(text: string): number | null {
  const at = Date.parse(text)
  return Number.isNaN(at) || at <= 0 ? null : at
}
