import { randomBytes } from 'node:crypto'
import type { ResolvedApp } from '../../config/resolved.ts'
import type { Cluster } from '../../deploy/targets/kubernetes/cluster.ts'
import type { Access } from '../../deploy/targets/kubernetes/commands.ts'
import { gatewayName } from '../../deploy/targets/kubernetes/gateway.ts'
import type { InstallationInput } from '../../deploy/targets/kubernetes/installation.ts'
import type { Project } from '../project.ts'
import { clusterPlace } from './place.ts'

/** Of control's volume. A claim is never changed once it is there. */
const STATE_BYTES = 10 * 2 ** 30
/** So that one may go while the other serves. */
const GATEWAYS = 2
/** How many cores the node will have that takes the pod, nobody knows, and who deploys may not ask. */
const WORKERS = 2
const KEY_BYTES = 32

/** What an environment needs in its namespace. */
export function wantedInstallation(project: Project, image: string, cluster: Cluster): InstallationInput {
  const { app } = project
  const { access, place } = clusterPlace(project)
  return {
    place,
    image,
    pulls: project.registry !== null,
    cluster,
    key: randomBytes(KEY_BYTES),
    gateways: GATEWAYS,
    workers: app.gateway.workers ?? WORKERS,
    http: app.gateway.http,
    https: app.gateway.tls?.port ?? null,
    // Without a domain nobody outside is meant to reach it.
    reach: app.domain === null ? 'inside' : 'outside',
    url: urlOf(app, access),
    stateBytes: STATE_BYTES,
  }
}

function urlOf({ name, environment, domain, gateway }: ResolvedApp, { namespace }: Access): string {
  const host = domain ?? `${gatewayName({ app: name, environment })}.${namespace}.svc`
  const [scheme, port, usual] = gateway.tls === null ? ['http', gateway.http, 80] : ['https', gateway.tls.port, 443]
  return `${scheme}://${host}${port === usual ? '' : `:${port}`}`
}
