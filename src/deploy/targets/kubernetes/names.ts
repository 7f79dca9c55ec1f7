import { createHash } from 'node:crypto'
import type { Release } from '../../release.ts'
import { LABEL, type Place } from '../labels.ts'

/**
 * A name with this many characters leaves room for what controllers put behind it: a pod's stays within a DNS label's 63.
 */
const NAME_MAX = 46
const DIGEST = 8

/** What a pod is for: instances alone get traffic, and nothing selects two kinds at once. */
export type Component = 'instance' | 'migration' | 'gateway' | 'control'

export type Labels = Readonly<Record<string, string>>

const COMPONENT = 'app.kubernetes.io/component'

export function placeOf({ config }: Release): Place {
  return { app: config.name, environment: config.environment }
}

/**
 * `shop-production-api-7-3fa9c1d2`: a DNS label that no two things of a kind share. Where the parts do not end where they
 * seem to (`a-b` in `c`, `a` in `b-c`), where they are too long, or where a digit is in front, a hash of them is in the
 * name.
 */
export function objectName({ app, environment }: Place, ...parts: readonly string[]): string {
  return nameOf([app, environment, ...parts])
}

/** The same of whatever parts. */
export function nameOf(words: readonly string[]): string {
  const plain = words.join('-')
  // The last may hold hyphens (a release does): where it begins is known by then.
  const isClear = words.slice(0, -1).every((word) => !word.includes('-'))
  if (isClear && plain.length <= NAME_MAX && /^[a-z]/.test(plain)) return plain
  const digest = createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, DIGEST)
  const readable = (/^[a-z]/.test(plain) ? plain : `n${plain}`).slice(0, NAME_MAX - DIGEST - 1).replace(/-+$/, '')
  return `${readable}-${digest}`
}

/** The name of everything that belongs to one service of one release, whatever its kind. */
export function releaseName(release: Release, service: string): string {
  return objectName(placeOf(release), service, release.id)
}

/** What every object of an environment carries. */
export function placeLabels({ app, environment }: Place): Labels {
  return {
    'app.kubernetes.io/part-of': app,
    'app.kubernetes.io/managed-by': 'seaworthy',
    ...placeSelector({ app, environment }),
  }
}

export function componentLabels(place: Place, component: Component): Labels {
  return { ...placeLabels(place), 'app.kubernetes.io/name': component, [COMPONENT]: component }
}

/** Of an object that belongs to a release's service; `component` of its pods. */
export function releaseLabels(release: Release, service: string, component: Component = 'instance'): Labels {
  return {
    ...placeLabels(placeOf(release)),
    'app.kubernetes.io/name': service,
    'app.kubernetes.io/version': release.id,
    ...releaseSelector(release, service, component),
    [LABEL.artifact]: release.artifacts[service]!,
  }
}

/** Everything of an environment. */
export function placeSelector({ app, environment }: Place): Labels {
  return { [LABEL.app]: app, [LABEL.environment]: environment }
}

export function componentSelector(place: Place, component: Component): Labels {
  return { ...placeSelector(place), [COMPONENT]: component }
}

/** Pods of one service of one release. A Deployment's selector can never be changed: nothing that may change is in it. */
export function releaseSelector(release: Release, service: string, component: Component = 'instance'): Labels {
  return {
    ...componentSelector(placeOf(release), component),
    [LABEL.service]: service,
    [LABEL.release]: release.id,
  }
}

/** All that belongs to a release, or to one service of it, jobs included. */
export function objectSelector(place: Place, release: string, service: string | null): Labels {
  return {
    ...placeSelector(place),
    ...(service === null ? {} : { [LABEL.service]: service }),
    [LABEL.release]: release,
  }
}

/** What labels say of an instance's pod; null for a pod that is none. */
export function instanceIn(labels: Labels): { service: string; release: string; artifact: string } | null {
  const [service, release] = [labels[LABEL.service], labels[LABEL.release]]
  if (labels[COMPONENT] !== 'instance' || service === undefined || release === undefined) return null
  return { service, release, artifact: labels[LABEL.artifact] ?? '' }
}

/**
 * Which services of which releases objects belong to, each once.
 * @param output of `kubectl get … --output json`
 */
export function releasesIn(output: string): readonly { readonly service: string; readonly release: string }[] {
  const { items } = JSON.parse(output) as {
    readonly items: readonly { readonly metadata: { readonly labels?: Labels } }[]
  }
  const found = items.flatMap(({ metadata: { labels = {} } }) => {
    const [service, release] = [labels[LABEL.service], labels[LABEL.release]]
    return service === undefined || release === undefined ? [] : [{ service, release }]
  })
  return [...new Map(found.map((one) => [`${one.service}@${one.release}`, one])).values()]
}
