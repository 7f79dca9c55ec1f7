import { normalize } from 'node:path'
import { parseRatio } from '../../core/quantity.ts'
import { finding, type Finding } from '../explain-issue.ts'
import { showValue, type Path } from '../path.ts'
import { covers } from '../route.ts'
import type { Environment, Service } from '../schema/app.ts'
import {
  areRoutesDamaged,
  declaredRoutes,
  isDamaged,
  namesOf,
  requestOf,
  type EnvironmentRule,
  type Scene,
} from './scene.ts'
import { unknownName } from './services.ts'
import { acmeHasDomain } from './tls.ts'

export const environmentRuleList: readonly EnvironmentRule[] = [
  targetHasItsKeys,
  registryNeedsImages,
  imagesNeedContainers,
  fixedPortHasOneInstance,
  fixedPortsOnce,
  oneWriter,
  requestsHitRoutes,
  overridesKnownServices,
  stateOfItsOwn,
  canaryStepsGrow,
  canaryStepsLeaveSome,
  acmeHasDomain,
]

const BELONGS = { host: 'docker', context: 'kubernetes', namespace: 'kubernetes' } as const

function targetHasItsKeys(scene: Scene, name: string, environment: Environment): readonly Finding[] {
  const path = ['environments', name]
  const { target } = environment
  const found: Finding[] = []
  for (const [key, owner] of Object.entries(BELONGS) as [keyof typeof BELONGS, string][]) {
    if (environment[key] !== undefined && target !== owner) {
      found.push(
        finding(
          [...path, key],
          showValue(environment[key]),
          `it only where target is '${owner}', and it is '${target}'; remove it, or change target`,
        ),
      )
    }
  }
  if (target === 'kubernetes' && environment.context === undefined && !isDamaged(scene, [...path, 'context'])) {
    const cure = `write one of \`kubectl config get-contexts\`, or 'in-cluster'`
    found.push(finding([...path, 'context'], 'nothing', `the cluster, since target is 'kubernetes'; ${cure}`))
  }
  return found
}

function registryNeedsImages(_scene: Scene, name: string, { target, registry }: Environment): readonly Finding[] {
  if (target !== 'process' || registry === undefined) return []
  const why = "since target 'process' runs files of this machine, and makes no image"
  return [finding(['environments', name, 'registry'], showValue(registry), `none, ${why}; remove it, or change target`)]
}

function imagesNeedContainers(scene: Scene, name: string, { target }: Environment): readonly Finding[] {
  if (target !== 'process') return []
  return services(scene, ({ image }, path) =>
    image === undefined
      ? []
      : [
          finding(
            [...path, 'image'],
            showValue(image),
            `start or static, since environment ${name} has target 'process'; override the service there`,
          ),
        ],
  )
}

function fixedPortHasOneInstance(scene: Scene, name: string, { target }: Environment): readonly Finding[] {
  if (target !== 'process') return []
  return services(scene, ({ port, scale }, path) => {
    if (port === undefined || (scale?.min ?? 1) === 1) return []
    const cure = 'let it listen on $PORT and remove port, or set scale.min to 1'
    return [
      finding(
        [...path, 'port'],
        `${port} with ${scale!.min} instances`,
        `one instance for a fixed port on target 'process' (environment ${name}); ${cure}`,
      ),
    ]
  })
}

function fixedPortsOnce(scene: Scene, name: string, { target }: Environment): readonly Finding[] {
  if (target !== 'process') return []
  const { http = 8080 } = scene.app.gateway?.listen ?? {}
  const taken = new Map<number, string>([[http, 'gateway.listen.http']])
  if (scene.app.gateway?.tls !== undefined) taken.set(scene.app.gateway.listen?.https ?? 8443, 'gateway.listen.https')
  return services(scene, ({ port }, path) => {
    if (port === undefined) return []
    const other = taken.get(port)
    if (other === undefined) taken.set(port, `${path.join('.')}.port`)
    return other === undefined
      ? []
      : [
          finding(
            [...path, 'port'],
            String(port),
            `a port of its own on target 'process' (environment ${name}), and ${other} has it; change one of them`,
          ),
        ]
  })
}

/** A second instance on another machine, or a second container, would write the same file. */
function oneWriter(scene: Scene, name: string, { target }: Environment): readonly Finding[] {
  if (target === 'process') return []
  return services(scene, ({ uses = {}, scale = {} }, path) => {
    const most = Math.max(scale.min ?? 1, scale.max ?? 1)
    const file = Object.keys(uses).find((need) => scene.app.needs?.[need]?.kind === 'sqlite')
    if (file === undefined || most === 1) return []
    const key = scale.max === undefined ? 'min' : 'max'
    return [
      finding(
        [...path, 'scale', key],
        String(most),
        `1 on target '${target}' (environment ${name}), since ${file} is a SQLite file with one writer; set it to 1, or use postgres()`,
      ),
    ]
  })
}

function requestsHitRoutes(scene: Scene, name: string, environment: Environment): readonly Finding[] {
  if (areRoutesDamaged(scene)) return []
  const path = ['environments', name]
  const routes = declaredRoutes(scene.app)
  const check = (written: string, at: Path): readonly Finding[] => {
    const request = requestOf(written)
    const host = request.host ?? environment.domain ?? null
    if (routes.some((route) => covers(route, { ...request, host }))) return []
    const all = routes.map((route) => `${route.host ?? ''}${route.path}`).join(', ') || 'none yet'
    return [
      finding(
        at,
        showValue(written),
        `a request that reaches a service (routes: ${all}); correct it, or add the route`,
      ),
    ]
  }
  return [
    ...(environment.smoke ?? []).flatMap(({ request }, index) => check(request, [...path, 'smoke', index, 'request'])),
    ...(environment.witness?.request ?? []).flatMap((request, index) =>
      check(request, [...path, 'witness', 'request', index]),
    ),
  ]
}

function overridesKnownServices(scene: Scene, name: string, environment: Environment): readonly Finding[] {
  const known = namesOf(scene, 'services')
  return Object.keys(environment.overrides?.services ?? {})
    .filter((service) => !known.includes(service))
    .map((service) =>
      unknownName(['environments', name, 'overrides', 'services', service], service, 'the name of a service', known),
    )
}

function stateOfItsOwn(scene: Scene, name: string, environment: Environment): readonly Finding[] {
  const folderOf = (each: string, { state }: Environment) => normalize(state ?? `.seaworthy/${each}`).replace(/\/$/, '')
  const others = Object.entries(scene.app.environments)
  const before = others.slice(
    0,
    others.findIndex(([each]) => each === name),
  )
  const same = before.find(([each, other]) => folderOf(each, other) === folderOf(name, environment))
  if (same === undefined) return []
  return [
    finding(
      ['environments', name, 'state'],
      showValue(environment.state),
      `a folder of its own, and environment ${same[0]} has the same; change one of them`,
    ),
  ]
}

/** A share that shrinks would send clients back to the old release and forth again. */
function canaryStepsGrow(_scene: Scene, name: string, { canary }: Environment): readonly Finding[] {
  const steps = canary?.steps ?? []
  const wrong = steps.findIndex((step, index) => shareOf(step) <= (index === 0 ? 0 : shareOf(steps[index - 1]!)))
  if (wrong < 0) return []
  return [
    finding(
      ['environments', name, 'canary', 'steps', wrong],
      showValue(steps[wrong]),
      `a share above ${wrong === 0 ? '0 %' : `the one before, ${showValue(steps[wrong - 1])}`}; write steps that grow`,
    ),
  ]
}

/** With everybody on the new release there is nobody to compare them with. */
function canaryStepsLeaveSome(_scene: Scene, name: string, { canary }: Environment): readonly Finding[] {
  const steps = canary?.steps ?? []
  const wrong = steps.findIndex((step) => shareOf(step) >= 1)
  if (wrong < 0) return []
  return [
    finding(
      ['environments', name, 'canary', 'steps', wrong],
      showValue(steps[wrong]),
      'a share below 100 %; write a smaller one: after the last step all traffic is switched anyway',
    ),
  ]
}

/** The schema has said already what is no ratio at all; then nothing more is. */
function shareOf(step: string): number {
  const parsed = parseRatio(step)
  return parsed.ok ? parsed.value : NaN
}

function services(scene: Scene, rule: (service: Service, path: string[]) => readonly Finding[]): readonly Finding[] {
  return Object.entries(scene.app.services).flatMap(([name, service]) => rule(service, ['services', name]))
}
