import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { componentLabels, placeLabels, releaseLabels, type Component, type Labels } from './names.ts'
import { closedPolicy, controlPolicy, gatewayPolicy, migrationPolicy, servicePolicy } from './network-policy.ts'
import type { KubernetesObject } from './object.ts'

const PLACE = { app: 'shop', environment: 'production' }
const release = kubernetesRelease(
  {
    api: { start: 'node main.js', routes: ['/'], uses: { bank: 'required' } },
    web: { start: 'node web.js', routes: ['/web'], uses: { cache: 'optional' } },
  },
  { needs: { bank: { kind: 'http', url: 'BANK_URL' }, cache: { kind: 'redis', role: 'cache' } } },
)

interface Selector {
  readonly matchLabels: Labels
}
interface Rule {
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
  readonly ports?: readonly { readonly port: string | number }[]
}
interface Peer {
  readonly podSelector?: Selector
  readonly ipBlock?: { readonly cidr: string; readonly except: readonly string[] }
}
interface Spec {
  readonly podSelector: Selector
  readonly policyTypes: readonly string[]
  readonly ingress: readonly Rule[]
  readonly egress: readonly Rule[]
}

const specOf = (policy: KubernetesObject): Spec =>
  ({ ingress: [], egress: [], ...(policy['spec'] as Partial<Spec>) }) as Spec
const POLICIES = [
  closedPolicy(PLACE),
  servicePolicy(release, 'api'),
  servicePolicy(release, 'web'),
  migrationPolicy(release, 'api')!,
  gatewayPolicy(PLACE, ['http', 'https']),
  controlPolicy(PLACE, 'table'),
].map(specOf)

const POD: Readonly<Record<string, Labels>> = {
  api: releaseLabels(release, 'api'),
  web: releaseLabels(release, 'web'),
  'migration of api': releaseLabels(release, 'api', 'migration'),
  gateway: componentLabels(PLACE, 'gateway'),
  control: componentLabels(PLACE, 'control'),
  stranger: { app: 'other' },
}

/** As a plugin that enforces policies decides: what selects a pod closes it, what lists a peer opens that much. */
function mayReach(from: string, to: string): boolean {
  const [source, goal] = [POD[from]!, POD[to]!]
  const side = (
    pod: Labels,
    other: Labels,
    rulesOf: (spec: Spec) => readonly (readonly Peer[] | undefined)[],
  ): boolean => {
    const on = POLICIES.filter(({ podSelector }) => matches(podSelector, pod))
    return on.length === 0 || on.some((spec) => rulesOf(spec).some((peers) => opens(peers, other)))
  }
  return (
    // Names are asked for on port 53 alone: no way to another pod.
    side(source, goal, ({ egress }) =>
      egress.filter(({ to: peers }) => peers !== undefined).map(({ to: peers }) => peers),
    ) && side(goal, source, ({ ingress }) => ingress.map(({ from: peers }) => peers))
  )
}

function matches({ matchLabels }: Selector, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
}

/** A block of addresses is the outside here: plugins are free to see pods in it or not. */
function opens(peers: readonly Peer[] | undefined, labels: Labels): boolean {
  return (
    peers === undefined || peers.some(({ podSelector }) => podSelector !== undefined && matches(podSelector, labels))
  )
}

test('who reaches whom', () => {
  const names = Object.keys(POD)
  const reached = names.map((from) => [from, names.filter((to) => to !== from && mayReach(from, to))] as const)
  assert.deepEqual(Object.fromEntries(reached), {
    api: [],
    web: [],
    'migration of api': [],
    gateway: ['api', 'web', 'control'],
    // The witness comes through the front door.
    control: ['api', 'web', 'gateway'],
    stranger: ['gateway'],
  })
})

test('every policy closes both directions', () => {
  for (const { policyTypes } of POLICIES) assert.deepEqual(policyTypes, ['Ingress', 'Egress'])
})

test('no list is empty: the server would see a change each time', () => {
  assert.deepEqual(Object.keys(closedPolicy(PLACE)['spec'] as object), ['podSelector', 'policyTypes', 'egress'])
  assert.deepEqual(Object.keys(servicePolicy(release, 'web')['spec'] as object), [
    'podSelector',
    'policyTypes',
    'ingress',
  ])
})

test('the outside is for what says that it uses something there, without the keys of the machine', () => {
  const outside = (policy: KubernetesObject | null): readonly string[] =>
    policy === null
      ? []
      : specOf(policy).egress.flatMap(({ to }) => (to ?? []).flatMap(({ ipBlock }) => ipBlock?.except ?? []))
  const keys = ['169.254.169.254/32', 'fd00:ec2::254/128']
  assert.deepEqual(outside(servicePolicy(release, 'api')), keys)
  assert.deepEqual(outside(servicePolicy(release, 'web')), [])
  assert.deepEqual(outside(migrationPolicy(release, 'api')), keys)
  assert.equal(migrationPolicy(release, 'web'), null)
  assert.deepEqual(outside(gatewayPolicy(PLACE, ['http'])), [])
})

test('names are found over both protocols, whoever answers', () => {
  assert.deepEqual(specOf(closedPolicy(PLACE)).egress, [
    {
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
  ])
})

test('only on the ports that are meant', () => {
  const ports = (policy: KubernetesObject): readonly unknown[] =>
    specOf(policy).ingress.flatMap((rule) =>
      (rule.ports ?? ['any']).map((one) => (typeof one === 'string' ? one : one.port)),
    )
  assert.deepEqual(ports(servicePolicy(release, 'api')), ['main'])
  assert.deepEqual(ports(gatewayPolicy(PLACE, ['http', 'https'])), ['http', 'https'])
  assert.deepEqual(ports(controlPolicy(PLACE, 'table')), ['table'])
})

test('all of an environment is closed, whatever it is for', () => {
  const { podSelector } = specOf(closedPolicy(PLACE))
  const components: readonly Component[] = ['instance', 'migration', 'gateway', 'control']
  for (const component of components) assert.ok(matches(podSelector, componentLabels(PLACE, component)), component)
  assert.ok(!matches(podSelector, placeLabels({ app: 'shop', environment: 'staging' })))
})
