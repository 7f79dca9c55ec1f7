import { parseDuration } from '../../core/quantity.ts'
import { finding, type Finding } from '../explain-issue.ts'
import { showValue, type Path } from '../path.ts'
import { covers } from '../route.ts'
import type { PromiseOf } from '../schema/app.ts'
import { isDamaged, namesOf, routeOf, type AppRule, type Scene } from './scene.ts'
import { unknownName } from './services.ts'

export const promiseRules: readonly AppRule[] = [promisesAreKept]

type Kind = 'service' | 'need' | 'operate'

function promisesAreKept(scene: Scene): readonly Finding[] {
  return Object.entries(scene.app.promises ?? {}).flatMap(([name, promise]) => {
    const path = ['promises', name]
    const where = onSomething(promise.on, [...path, 'on'], scene)
    const own = [...quantilesRise(promise, path)]
    return where.length > 0
      ? [...where, ...own]
      : [...fitsItsKind(promise, path), ...own, ...withoutOptional(promise, path, scene)]
  })
}

function onSomething(on: PromiseOf['on'], path: Path, scene: Scene): readonly Finding[] {
  if (typeof on === 'string') {
    const needs = namesOf(scene, 'needs')
    if (on === 'operate' || needs.includes(on)) return []
    const services = namesOf(scene, 'services')
    if (services.includes(on)) {
      return [finding(path, showValue(on), `a need or 'operate', and this is a service; write { service: '${on}' }`)]
    }
    return [
      unknownName(path, on, `the name of a need, 'operate', or route('service', 'POST /path')`, [...needs, 'operate']),
    ]
  }
  const services = namesOf(scene, 'services')
  if (!services.includes(on.service))
    return [unknownName([...path, 'service'], on.service, 'the name of a service', services)]
  if (on.route === undefined || isDamaged(scene, ['services', on.service])) return []
  const route = routeOf(on.route)
  const routes = scene.app.services[on.service]?.routes ?? []
  if (routes.map(routeOf).some((each) => covers(each, { ...route, host: route.host ?? each.host }))) return []
  const own = routes.join(', ') || 'none'
  return [
    finding([...path, 'route'], showValue(on.route), `a route of ${on.service} (${own}); correct it, or add it there`),
  ]
}

const ONLY: Readonly<Record<Kind, readonly (keyof PromiseOf)[]>> = {
  service: ['latency', 'throughput', 'without'],
  need: ['rpo', 'rto', 'keep'],
  operate: ['detect', 'rollback', 'deploy'],
}
const NAMES: Readonly<Record<Kind, string>> = { service: 'a service', need: 'a need', operate: `'operate'` }

function kindOf(on: PromiseOf['on']): Kind {
  if (typeof on !== 'string') return 'service'
  return on === 'operate' ? 'operate' : 'need'
}

function fitsItsKind(promise: PromiseOf, path: Path): readonly Finding[] {
  const kind = kindOf(promise.on)
  const others = (Object.keys(ONLY) as Kind[]).filter((each) => each !== kind)
  return others.flatMap((other) =>
    ONLY[other]
      .filter((key) => promise[key] !== undefined)
      .map((key) =>
        finding(
          [...path, key],
          showValue(promise[key]),
          `it only where 'on' is ${NAMES[other]}, and it is ${NAMES[kind]}; move it to a promise of its own`,
        ),
      ),
  )
}

const QUANTILES = ['p50', 'p95', 'p99'] as const

/** Of more answers the slowest is never faster: a promise that says so is broken, or means nothing. */
function quantilesRise({ latency = {} }: PromiseOf, path: Path): readonly Finding[] {
  const given = QUANTILES.flatMap((name) => {
    const text = latency[name]
    const parsed = text === undefined ? null : parseDuration(text)
    return parsed?.ok ? [{ name, text: text!, ms: parsed.value }] : []
  })
  return given.slice(1).flatMap((more, index) => {
    const less = given[index]!
    if (less.ms <= more.ms) return []
    const { name, text, ms } = more
    const expected = `at least ${less.name}, which is ${showValue(less.text)} (${less.ms} ms > ${ms} ms)`
    return [finding([...path, 'latency', name], showValue(text), `${expected}; swap them, or correct one`)]
  })
}

function withoutOptional(promise: PromiseOf, path: Path, scene: Scene): readonly Finding[] {
  if (typeof promise.on === 'string') return []
  const { service } = promise.on
  if (isDamaged(scene, ['services', service, 'uses'])) return []
  const uses = scene.app.services[service]?.uses ?? {}
  const optional = Object.keys(uses).filter((name) => uses[name] === 'optional')
  return Object.keys(promise.without ?? {}).flatMap((name) => {
    const at = [...path, 'without', name]
    if (optional.includes(name)) return []
    if (uses[name] === 'required') {
      return [
        finding(
          at,
          showValue(name),
          `an optional need, and ${service} requires it; write uses: { ${name}: 'optional' }, or remove this`,
        ),
      ]
    }
    return [unknownName(at, name, `an optional need that ${service} uses`, optional)]
  })
}
