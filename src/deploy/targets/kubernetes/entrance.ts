import type { Place } from '../labels.ts'
import type { Cluster } from './cluster.ts'
import { componentLabels, objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'

interface EntranceInput {
  readonly place: Place
  readonly domain: string
}

/** An Ingress that hands everything for the domain to the gateway, which alone routes. */
export function ingressOf({
  place,
  domain,
  className,
  certificate,
}: EntranceInput & {
  /** Which of the cluster's controllers is meant; null: its default. */
  readonly className: string | null
  /** The Secret with the certificate; null: TLS ends elsewhere. */
  readonly certificate: string | null
}): KubernetesObject {
  const service = { name: objectName(place, 'gateway'), port: { name: 'http' } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: objectName(place, 'gateway'), labels: componentLabels(place, 'gateway') },
    spec: {
      ...(className === null ? {} : { ingressClassName: className }),
      ...(certificate === null ? {} : { tls: [{ hosts: [domain], secretName: certificate }] }),
      rules: [{ host: domain, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] } }],
    },
  }
}

/** The same by the Gateway API. `parent`: a Gateway of the cluster that takes routes from this namespace. */
export function routeOf({
  place,
  domain,
  parent,
  port,
  route,
}: EntranceInput & {
  readonly parent: { readonly name: string; readonly namespace: string }
  /** The Service's. */
  readonly port: number
  /** Of a cluster that has it. */
  readonly route: NonNullable<Cluster['route']>
}): KubernetesObject {
  return {
    apiVersion: route,
    kind: 'HTTPRoute',
    metadata: { name: objectName(place, 'gateway'), labels: componentLabels(place, 'gateway') },
    spec: {
      parentRefs: [parent],
      hostnames: [domain],
      rules: [{ backendRefs: [{ name: objectName(place, 'gateway'), port }] }],
    },
  }
}
