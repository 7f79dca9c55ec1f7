import type { Scrub } from '../../../core/scrub.ts'
import { causeOf } from '../../diagnosis/causes.ts'
import { NO_EXPERIMENTS, places, type Evidence, type Listener } from '../../diagnosis/evidence.ts'
import type { Release } from '../../release.ts'
import type { Cause, Diagnosis, Seen } from '../../target.ts'
import { variablesOf } from '../instance-shape.ts'
import type { RunOptions } from '../run-command.ts'
import { runtimeIn } from './base.ts'
import { causeOfContainer } from './causes.ts'
import type { Host } from './commands.ts'
import type { Containers } from './containers.ts'
import { lookInside, type Inside } from './inside.ts'
import type { Observed } from './observe.ts'

const LINES_KEPT = 30
const BODY_SHOWN = 200

export interface DiagnoseInput {
  readonly host: Host
  readonly run: RunOptions
  readonly containers: Pick<Containers, 'look' | 'lastLines'>
  readonly instance: string
  readonly service: string
  readonly release: Release
  readonly seen: Seen
  readonly scrub: Scrub
}

/** Why an instance does not become ready, as far as engine and kernel show it; nothing in it is a secret's value. */
export async function diagnose(input: DiagnoseInput): Promise<Diagnosis> {
  const { containers, release, seen, scrub, host, run } = input
  const observed = await containers.look(input.instance)
  if (observed === null) return { cause: null, facts: ['the engine has no container of it'], lastLines: [] }
  const service = release.config.services[input.service]!
  const lastLines = (await containers.lastLines(observed, LINES_KEPT)).map(scrub)
  const runtime = observed.instance.state === 'running' ? runtimeIn(service) : null
  const inside = runtime === null ? null : await lookInside(host, observed.id, runtime, run)
  const cause = explain({ observed, lastLines, inside, release, seen })
  return {
    cause: cause && {
      ...cause,
      text: scrub(cause.text),
      basis: scrub(cause.basis),
      cure: cause.cure && scrub(cause.cure),
    },
    facts: factsOf(observed, inside, seen).map(scrub),
    lastLines,
  }
}

export interface Sight {
  readonly observed: Observed
  readonly lastLines: readonly string[]
  readonly inside: Inside | null
  readonly release: Release
  readonly seen: Seen
}

/** What the engine knows for certain, then what its lines and its sockets say; that it ended is the last word, not the first. */
export function explain({ observed, lastLines, inside, release, seen }: Sight): Cause | null {
  const { instance } = observed
  const service = release.config.services[instance.service]!
  const ofEngine = causeOfContainer({ observed, service, lastLines })
  if (ofEngine !== null && !['crash-loop', 'ended-by-itself'].includes(ofEngine.name)) return ofEngine
  const variables = Object.keys(variablesOf(service, { HOST: '', PORT: '', RELEASE: '', INSTANCE: '' }))
  const evidence: Evidence = {
    at: Date.now(),
    instance,
    service,
    services: release.config.services,
    seen,
    listeners: inside?.listeners ?? [],
    holders: [],
    lastLines,
    examination: {
      variables: [...variables, ...service.secrets],
      memory: null,
      endedAt: null,
      kernelKilledAt: null,
    },
    program: inside?.program ?? null,
    experiments: NO_EXPERIMENTS,
  }
  return loopbackBind(evidence) ?? causeOf(evidence) ?? ofEngine
}

/** Its own loopback is its own: the gateway is another host here. */
function loopbackBind({ instance, listeners }: Evidence): Cause | null {
  const right = listeners.filter(({ port }) => port === instance.port)
  if (right.length === 0 || !right.every(isLoopback)) return null
  return {
    name: 'loopback-bind',
    certainty: 'proven',
    text: `it listens on ${places(right).join(', ')} only, which nobody outside its container reaches`,
    basis: "the kernel's table of listening sockets in its container",
    cure: 'Let it listen on $HOST (0.0.0.0).',
  }
}

function isLoopback({ address }: Listener): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

function factsOf({ instance, health, error }: Observed, inside: Inside | null, seen: Seen): readonly string[] {
  const body = seen.last?.kind === 'fail' && seen.last.look !== null ? seen.last.look.body : ''
  const { state, pid, restarts, lastExit } = instance
  const times = restarts === 1 ? 'restarted once' : `restarted ${restarts} times`
  const ended = lastExit === null ? '' : `; ${times}, last end: ${lastExit}`
  return [
    ...(body === '' ? [] : [`its body: ${body.replaceAll(/\s+/g, ' ').trim().slice(0, BODY_SHOWN)}`]),
    `probes: ${seen.probes}, of which ${seen.passed} passed`,
    ...(inside === null ? [] : [`listens on: ${places(inside.listeners).join(', ') || 'nothing'}`]),
    `container: ${state}${pid === null ? '' : `, pid ${pid} of the engine's machine`}${ended}`,
    ...(health === null ? [] : [`its own check: ${health}`]),
    ...(error === '' ? [] : [`the engine: ${error}`]),
  ]
}
