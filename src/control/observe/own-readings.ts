import { DEPLOY_STATES, type DeployRecord } from '../../deploy/journal.ts'
import type { Release } from '../../deploy/release.ts'
import { EVENT_KINDS } from '../../guard/event.ts'
import { THREAT_CLASSES } from '../../guard/threats.ts'
import type { Measured } from '../../observe/collect/source.ts'
import type { ScaleStatus } from '../api/scale-methods.ts'
import type { TlsStatus } from '../api/tls-status.ts'
import type { Analytics } from '../guard/analytics.ts'

/** Security events since control has started: by class those that look like an attack, by kind all others. */
export function securityReadings({ kinds, classes }: ReturnType<Analytics['totals']>): readonly Measured[] {
  const of = (name: string, value = 0): Measured => ({
    metric: 'seaworthy_security_events_total',
    labels: { class: name },
    value,
  })
  return [
    ...THREAT_CLASSES.map((name) => of(name, classes[name])),
    ...EVENT_KINDS.filter((kind) => kind !== 'threat' && !isClass(kind)).map((kind) => of(kind, kinds[kind])),
  ]
}

/** `protocol` is a class and a kind: its events carry the class. */
function isClass(kind: string): boolean {
  return THREAT_CLASSES.some((name) => name === kind)
}

/**
 * How many instances services have and should have, none while they are stopped on purpose, and what waits for those that
 * are scaled by a queue.
 */
export function serviceReadings(
  services: readonly ScaleStatus[],
  stopped: readonly string[],
  upOf: (service: string) => number,
): readonly Measured[] {
  return services.flatMap(({ service, wanted, running, measures }): Measured[] => {
    const labels = { service }
    const queue = measures.find(({ name }) => name === 'queue')?.value ?? null
    return [
      { metric: 'seaworthy_service_instances', labels, value: upOf(service) },
      { metric: 'seaworthy_service_instances_wanted', labels, value: stopped.includes(service) ? 0 : wanted },
      // Measured for each instance; what waits is all of it.
      ...(queue === null ? [] : [{ metric: 'seaworthy_service_queue', labels, value: queue * running }]),
    ]
  })
}

export function liveReadings(live: Release | null): readonly Measured[] {
  return Object.keys(live?.config.services ?? {}).map((service) => ({
    metric: 'seaworthy_release_live',
    labels: { service, release: live!.id },
    value: 1,
  }))
}

/** When the certificate that is shown expires; none where there is no HTTPS. */
export function certificateReadings(tls: TlsStatus | null): readonly Measured[] {
  const certificate = tls?.certificate ?? null
  if (certificate === null) return []
  // One environment shows one certificate; its names may be many, and the first is what it is known by.
  const name = certificate.names[0] ?? certificate.subject
  return [
    {
      metric: 'seaworthy_certificate_expires_timestamp_seconds',
      labels: { name },
      value: certificate.notAfter / 1_000,
    },
  ]
}

/** Deploys that have ended since control has started: it counts what it sees end, since old records go. */
export class DeployCounts {
  readonly #counts = new Map<string, number>(
    DEPLOY_STATES.filter((state) => state !== 'running').map((outcome) => [outcome, 0]),
  )
  #seen: ReadonlySet<string> | null = null

  /** @param newest the newest deploys, in any order; more than end between two looks */
  look(newest: readonly Pick<DeployRecord, 'id' | 'state'>[]): void {
    const ended = newest.filter(({ state }) => state !== 'running')
    for (const { id, state } of ended) {
      if (this.#seen === null || this.#seen.has(id)) continue
      this.#counts.set(state, (this.#counts.get(state) ?? 0) + 1)
    }
    this.#seen = new Set(ended.map(({ id }) => id))
  }

  readings(): readonly Measured[] {
    return [...this.#counts].map(([outcome, value]) => ({
      metric: 'seaworthy_deploys_total',
      labels: { outcome },
      value,
    }))
  }
}
