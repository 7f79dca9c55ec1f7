import { join } from 'node:path'

/** Of a Kustomization, what `deploy --render` writes. */
interface Kustomization {
  readonly resources: readonly string[]
  readonly namespace?: string
  readonly labels?: readonly { readonly pairs: Labels; readonly includeSelectors: boolean }[]
  readonly images?: readonly { name: string; newName?: string; newTag?: string; digest?: string }[]
  readonly patches?: readonly {
    readonly path: string
    readonly target: { readonly kind: string; readonly name: string }
  }[]
}

type Labels = Readonly<Record<string, string>>

/** Loose on purpose: it is walked, not understood. */
// oxlint-disable-next-line typescript/no-explicit-any -- any object of the API
type Any = any

/**
 * What `kubectl kustomize FOLDER` makes of such files, for where there is none that is new enough;
 * `test/cluster/render.test.ts` compares the two. Throws for whatever it does not know.
 * @param documentsOf of a file, by its path
 */
export function kustomized(folder: string, documentsOf: (path: string) => readonly object[]): readonly Any[] {
  const [kustomization] = documentsOf(join(folder, 'kustomization.yaml')) as readonly [Kustomization]
  const { resources, namespace, labels = [], images = [], patches = [] } = kustomization
  const objects: Any[] = resources.flatMap((path) =>
    path.endsWith('.yaml')
      ? structuredClone(documentsOf(join(folder, path)) as Any[])
      : kustomized(join(folder, path), documentsOf),
  )
  const keys = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  if (new Set(keys).size < keys.length) throw new Error(`an object is there twice: ${keys.join(', ')}`)
  for (const { path, target } of patches) {
    const found = objects.filter(({ kind, metadata }) => kind === target.kind && metadata.name === target.name)
    if (found.length !== 1) throw new Error(`${path} has ${found.length} targets`)
    const [patch] = documentsOf(join(folder, path)) as unknown as readonly [readonly Any[]]
    for (const { op, path: at, value } of patch) {
      if (op !== 'add') throw new Error(`${path}: ${op}`)
      const steps = (at as string)
        .split('/')
        .slice(1)
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
      let held = found[0]
      for (const step of steps.slice(0, -1)) held = held[step]
      if (held === undefined) throw new Error(`${path}: nowhere to add ${at}`)
      held[steps.at(-1)!] = value
    }
  }
  if (namespace !== undefined) for (const { metadata } of objects) metadata.namespace = namespace
  if (!labels.every(({ includeSelectors }) => includeSelectors)) throw new Error('labels that are no selectors')
  for (const { pairs } of labels) for (const object of objects) label(object, pairs)
  return objects.map((object) =>
    JSON.parse(JSON.stringify(object), (key, value: unknown) =>
      key === 'image' ? imageOf(value as string, images) : value,
    ),
  )
}

function label(object: Any, pairs: Labels): void {
  Object.assign(object.metadata.labels, pairs)
  if (object.kind === 'Service') Object.assign(object.spec.selector, pairs)
  const template = object.spec?.template
  if (template !== undefined) Object.assign(template.metadata.labels, pairs)
  const walk = (value: Any): void => {
    if (typeof value !== 'object' || value === null) return
    if (value.matchLabels !== undefined) Object.assign(value.matchLabels, pairs)
    for (const held of Object.values(value)) walk(held)
  }
  walk(object.spec)
}

function imageOf(image: string, images: NonNullable<Kustomization['images']>): string {
  const found = images.find(({ name }) => name === image)
  if (found === undefined) return image
  const { name, newName = name, newTag, digest } = found
  return digest === undefined ? `${newName}:${newTag}` : `${newName}@${digest}`
}
