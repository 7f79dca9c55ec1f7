import { parseDuration } from '../../core/quantity.ts'
import { nearest } from '../../core/nearest.ts'
import { isPlaceholder } from '../../core/placeholder.ts'
import { finding, type Finding } from '../explain-issue.ts'
import { formatPath, showValue, type Path } from '../path.ts'
import type { Service } from '../schema/app.ts'
import { declaredRoutes, isDamaged, namesOf, type AppRule, type Scene } from './scene.ts'

type ServiceRule = (service: Service, path: Path, scene: Scene) => readonly Finding[]

const eachService =
  (rule: ServiceRule): AppRule =>
  (scene) =>
    Object.entries(scene.app.services).flatMap(([name, service]) => rule(service, ['services', name], scene))

export const serviceRules: readonly AppRule[] = [
  eachService(runsInOneWay),
  eachService(staticIsReached),
  eachService(usesKnownNeeds),
  eachService(consumesKnownTopics),
  eachService(secretsOnce),
  eachService(noPlaceholders),
  eachService(expectHasPath),
  eachService(canBecomeReady),
  eachService(scaleInOrder),
  needsFitTheirKind,
  routesOnce,
]

/** The name that is not there, with the one that was probably meant. */
export function unknownName(path: Path, name: string, kind: string, known: readonly string[]): Finding {
  const meant = nearest(name, known)
  const all = known.length === 0 ? `there is none yet; declare it` : `use one of ${known.join(', ')}`
  return finding(path, showValue(name), `${kind}; ${meant === null ? all : `did you mean '${meant}'?`}`)
}

function runsInOneWay(service: Service, path: Path, scene: Scene): readonly Finding[] {
  const given = (['start', 'static', 'image'] as const).filter((key) => service[key] !== undefined)
  if (given.length === 1 || ['start', 'static', 'image'].some((key) => isDamaged(scene, [...path, key]))) return []
  const cure = given.length === 0 ? `add start: 'node main.ts', or static: 'public'` : 'keep one of them'
  return [finding(path, given.join(' and ') || 'none of them', `exactly one of start, static, image; ${cure}`)]
}

function staticIsReached(service: Service, path: Path, scene: Scene): readonly Finding[] {
  const reached = service.static === undefined || (service.routes ?? []).length > 0
  if (reached || isDamaged(scene, [...path, 'routes'])) return []
  const given = service.routes === undefined ? 'nothing' : 'an empty list'
  return [finding([...path, 'routes'], given, `a route, or nobody reaches these files; add one such as routes: ['/']`)]
}

function usesKnownNeeds(service: Service, path: Path, scene: Scene): readonly Finding[] {
  const known = namesOf(scene, 'needs')
  return Object.keys(service.uses ?? {})
    .filter((name) => !known.includes(name))
    .map((name) => unknownName([...path, 'uses', name], name, 'the name of a need', known))
}

function consumesKnownTopics(service: Service, path: Path, scene: Scene): readonly Finding[] {
  const known = namesOf(scene, 'needs')
  return Object.entries(service.consumes ?? {}).flatMap(([name, topic]) => {
    if (!known.includes(name)) return [unknownName([...path, 'consumes', name], name, 'the name of a need', known)]
    const topics = Object.keys(scene.app.needs?.[name]?.topics ?? {})
    if (topics.length === 0 || topics.includes(topic) || isDamaged(scene, ['needs', name])) return []
    return [unknownName([...path, 'consumes', name], topic, `a topic of ${name}`, topics)]
  })
}

function secretsOnce(service: Service, path: Path): readonly Finding[] {
  return (service.secrets ?? []).flatMap((name, index) => {
    const at = [...path, 'secrets', index]
    if (Object.hasOwn(service.env ?? {}, name)) {
      return [
        finding(
          at,
          showValue(name),
          `a name that is not in env as well; take it out of ${formatPath([...path, 'env'])}`,
        ),
      ]
    }
    const twice = service.secrets!.indexOf(name) !== index
    return twice ? [finding(at, showValue(name), 'each secret once; remove one of the two')] : []
  })
}

function noPlaceholders(service: Service, path: Path): readonly Finding[] {
  return Object.entries(service.env ?? {})
    .filter(([, value]) => isPlaceholder(value))
    .map(([name, value]) =>
      finding(
        [...path, 'env', name],
        `the placeholder ${showValue(value)}`,
        `a value; write it, or put '${name}' into secrets`,
      ),
    )
}

function expectHasPath(service: Service, path: Path, scene: Scene): readonly Finding[] {
  const { expect, ready } = service.health ?? {}
  if (expect === undefined || ready?.startsWith('/') === true || isDamaged(scene, [...path, 'health', 'ready']))
    return []
  return [
    finding(
      [...path, 'health', 'ready'],
      showValue(ready),
      `a path, since health.expect is about its answer; write it such as '/health/readiness'`,
    ),
  ]
}

function canBecomeReady(service: Service, path: Path): readonly Finding[] {
  const { interval = '5s', passes = 2, deadline = '300s' } = service.health ?? {}
  const intervalMs = parseDuration(interval)
  const deadlineMs = parseDuration(deadline)
  if (!intervalMs.ok || !deadlineMs.ok || deadlineMs.value >= intervalMs.value * (passes - 1)) return []
  const cure = 'lengthen it, or shorten interval or passes'
  return [
    finding(
      [...path, 'health', 'deadline'],
      showValue(deadline),
      `time for ${passes} passes with ${interval} between them; ${cure}`,
    ),
  ]
}

function scaleInOrder(service: Service, path: Path): readonly Finding[] {
  const { min = 1, max = min } = service.scale ?? {}
  return max < min
    ? [finding([...path, 'scale', 'max'], String(max), `at least scale.min (${min}); raise it, or lower min`)]
    : []
}

function needsFitTheirKind({ app }: Scene): readonly Finding[] {
  return Object.entries(app.needs ?? {}).flatMap(([name, need]) => {
    const found: Finding[] = []
    const only = (key: 'topics' | 'role', kind: string) => {
      if (need[key] === undefined || need.kind === kind) return
      found.push(
        finding(['needs', name, key], showValue(need[key]), `it only on ${kind}, and this is ${need.kind}; remove it`),
      )
    }
    only('topics', 'kafka')
    only('role', 'redis')
    if (need.kind === 'http' && need.url === undefined) {
      found.push(
        finding(
          ['needs', name, 'url'],
          'nothing',
          `the name of the secret that holds its URL; write http({ url: 'PAYMENTS_URL' })`,
        ),
      )
    }
    if (name === 'operate')
      found.push(
        finding(['needs', name], `the name 'operate'`, `another name, since promises use it for deploys; rename it`),
      )
    return found
  })
}

function routesOnce({ app }: Scene): readonly Finding[] {
  const taken = new Map<string, string>()
  return declaredRoutes(app).flatMap(({ host, path, service, index }) => {
    const written = `${host ?? ''}${path}`
    const at = formatPath(['services', service, 'routes', index])
    const other = taken.get(written)
    if (other === undefined) taken.set(written, at)
    return other === undefined
      ? []
      : [
          finding(
            ['services', service, 'routes', index],
            showValue(written),
            `a route of its own, and ${other} is the same; change one of them`,
          ),
        ]
  })
}
