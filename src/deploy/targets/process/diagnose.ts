import { readFileSync } from 'node:fs'
import type { Scrub } from '../../../core/scrub.ts'
import { causeOf } from '../../diagnosis/causes.ts'
import { portInUse } from '../../diagnosis/crash.ts'
import {
  megabytes,
  NO_EXPERIMENTS,
  ownOnPort,
  places,
  type Evidence,
  type Examination,
  type Experiments,
  type Listener,
  type ProgramLook,
} from '../../diagnosis/evidence.ts'
import type { Instance, Release } from '../../release.ts'
import type { Diagnosis, Look, Seen } from '../../target.ts'
import { experiment } from './experiments.ts'
import { holdersOf } from './holders.ts'
import { listenersOf } from './listeners.ts'

/** Linux counts processor time for its users in hundredths of a second, whatever its own clock does. */
const MS_PER_TICK = 10
const BODY_SHOWN = 200

export interface DiagnoseInput {
  readonly instance: Instance
  readonly release: Release
  readonly seen: Seen
  /** Whether to try things out: see experiments.ts. */
  readonly thorough: boolean
  readonly lastLines: readonly string[]
  readonly examination: Examination
  readonly scrub: Scrub
}

/** Why an instance does not become ready, as far as the outside shows it; nothing in it is a secret's value. */
export async function diagnose(input: DiagnoseInput): Promise<Diagnosis> {
  const evidence = await gather(input)
  const { scrub } = input
  const cause = causeOf(evidence)
  return {
    cause: cause && {
      ...cause,
      text: scrub(cause.text),
      basis: scrub(cause.basis),
      cure: cause.cure && scrub(cause.cure),
    },
    facts: factsOf(evidence).map(scrub),
    lastLines: evidence.lastLines,
  }
}

async function gather({ instance, release, seen, thorough, ...input }: DiagnoseInput): Promise<Evidence> {
  const lastLines = input.lastLines.map(input.scrub)
  const listeners = listenersOf(instance)
  const inUse = portInUse(lastLines)
  const ports = new Set([instance.port, inUse].filter((port) => port !== null))
  const service = release.config.services[instance.service]!
  const look = seen.last?.kind === 'fail' ? seen.last.look : null
  const canTry = thorough && look !== null && instance.pid !== null && ownOnPort({ instance, listeners }).length > 0
  return {
    at: Date.now(),
    instance,
    service,
    services: release.config.services,
    seen,
    listeners,
    holders: holdersOf(ports, listeners),
    lastLines,
    examination: input.examination,
    program: instance.pid === null ? null : lookAtProgram(instance.pid),
    experiments: canTry ? await tryOut(instance, release, look, input.scrub) : NO_EXPERIMENTS,
  }
}

async function tryOut(instance: Instance, release: Release, look: Look, scrub: Scrub): Promise<Experiments> {
  const { domain, services } = release.config
  const { health, routes } = services[instance.service]!
  const hosts = [domain, ...routes.map(({ host }) => host)].filter((host) => host !== null)
  const found = await experiment({ endpoint: { host: instance.host, port: instance.port! }, health, look, hosts })
  const bytes = found.bytes && {
    ...found.bytes,
    bytes: Buffer.from(scrub(found.bytes.bytes.toString('latin1')), 'latin1'),
  }
  return { ...found, bytes }
}

/** Fields 3, 14 and 15 of /proc/PID/stat, counted behind the name, which may hold anything. */
function lookAtProgram(pid: number): ProgramLook | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK }
  } catch {
    return null
  }
}

function factsOf({ seen, listeners, instance, program, examination }: Evidence): readonly string[] {
  const body = seen.last?.kind === 'fail' && seen.last.look !== null ? seen.last.look.body : ''
  return [
    ...(body === '' ? [] : [`its body: ${body.replaceAll(/\s+/g, ' ').trim().slice(0, BODY_SHOWN)}`]),
    `probes: ${seen.probes}, of which ${seen.passed} passed`,
    ...(instance.port === null ? [] : [`listens on: ${describePlaces(listeners)}`]),
    `program: ${describeProgram(instance, program)}`,
    `memory: ${describeMemory(examination)}`,
  ]
}

function describePlaces(listeners: readonly Listener[]): string {
  return listeners.length > 0 ? places(listeners).join(', ') : 'nothing'
}

function describeProgram({ pid, lastExit, restarts }: Instance, program: ProgramLook | null): string {
  const now = pid === null ? 'not running' : `runs as pid ${pid}`
  const cpu = program === null ? '' : `, ${(program.cpuMs / 1000).toFixed(1)} s of processor time`
  const last =
    lastExit === null
      ? ''
      : `; ${restarts === 1 ? 'restarted once' : `restarted ${restarts} times`}, last end: ${lastExit}`
  return now + cpu + last
}

function describeMemory({ memory }: Examination): string {
  if (memory === null) return 'not measured: it was gone too soon'
  const bound = memory.limitBytes === null ? 'no bound (`resources.memory`)' : `bound ${megabytes(memory.limitBytes)}`
  return `${megabytes(memory.peakBytes)} at most, ${bound}`
}
