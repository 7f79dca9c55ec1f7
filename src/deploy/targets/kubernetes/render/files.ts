import type { KubernetesObject } from '../object.ts'
import { renderedImages } from './images.ts'
import type { Overlay, RenderInput } from './input.ts'
import { renderedObjects, type Rendered } from './objects.ts'
import { readmeOf } from './readme.ts'
import { additionsTo, sameIn } from './same.ts'

/** Below the folder that is rendered to; YAML of all documents, or text. */
export type RenderedFile =
  | { readonly path: string; readonly documents: readonly object[] }
  | { readonly path: string; readonly text: string }

const KUSTOMIZATION = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' } as const

/**
 * A Kustomize base with what is the same in all environments, an overlay for each, and what whoever applies them has to know.
 * The same input is the same files, in the same order.
 */
export function renderFiles(input: RenderInput): readonly RenderedFile[] {
  const { overlays } = input
  const all = overlays.map(({ release }) => renderedObjects(release))
  const common = all[0]!
    .filter((one) => all.every((other) => find(other, one.object) !== undefined))
    .map(({ service, object }): Rendered => {
      const [first, ...others] = all.map((each) => find(each, object)!.object)
      return { service, object: sameIn([first!, ...others]) as KubernetesObject }
    })
  const base = filesOf(common)
  return [
    { path: 'README.md', text: readmeOf(input) },
    ...inFolder('base', [kustomizationOf({ resources: base.map(({ path }) => path) }), ...base]),
    ...overlays.flatMap((overlay, index) =>
      inFolder(`overlays/${overlay.release.config.environment}`, overlayFiles(overlay, all[index]!, common, input)),
    ),
  ]
}

interface Documents {
  readonly path: string
  readonly documents: readonly object[]
}

function overlayFiles(
  { release, namespace }: Overlay,
  objects: readonly Rendered[],
  common: readonly Rendered[],
  { registry }: RenderInput,
): readonly Documents[] {
  const own = filesOf(objects.filter(({ object }) => find(common, object) === undefined))
  const patches = common.flatMap(({ object: { kind, metadata }, object }) => {
    const patch = additionsTo(object, find(objects, object)!.object)
    if (patch.length === 0) return []
    const { name } = metadata
    return [{ target: { kind, name }, path: `patches/${kind.toLowerCase()}-${name}.yaml`, documents: [patch] }]
  })
  return [
    kustomizationOf({
      namespace,
      resources: ['../../base', ...own.map(({ path }) => path)],
      // In selectors as well: two environments never select each other's pods.
      labels: [{ pairs: { 'seaworthy.environment': release.config.environment }, includeSelectors: true }],
      images: renderedImages(release, registry).map(({ entry }) => entry),
      ...(patches.length === 0 ? {} : { patches: patches.map(({ target, path }) => ({ path, target })) }),
    }),
    ...own,
    ...patches.map(({ path, documents }) => ({ path, documents })),
  ]
}

/** A file for each service, and one for what they share. */
function filesOf(objects: readonly Rendered[]): readonly Documents[] {
  const services = [...new Set(objects.map(({ service }) => service))]
  return services.map((service) => ({
    path: service === null ? 'shared.yaml' : `services/${service}.yaml`,
    documents: objects.filter((one) => one.service === service).map(({ object }) => object),
  }))
}

function kustomizationOf(content: object): Documents {
  return { path: 'kustomization.yaml', documents: [{ ...KUSTOMIZATION, ...content }] }
}

function inFolder(folder: string, files: readonly Documents[]): readonly Documents[] {
  return files.map((file) => ({ ...file, path: `${folder}/${file.path}` }))
}

function find(objects: readonly Rendered[], { kind, metadata }: KubernetesObject): Rendered | undefined {
  return objects.find(({ object }) => object.kind === kind && object.metadata.name === metadata.name)
}
