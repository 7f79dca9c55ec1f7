/** An image as an engine shows it. */
export interface ImageLook {
  readonly id: string
  readonly names: readonly string[]
  /** `name@sha256:…` under which registries gave it. */
  readonly digests: readonly string[]
  /** Digests of the layers' contents, the lowest first. */
  readonly layers: readonly string[]
  /** As whom it runs: `65532:65532`, a name; '' is root. */
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
}

/** Reads the output of `docker image inspect`. */
export function imagesIn(output: string): readonly ImageLook[] {
  const list = JSON.parse(output) as readonly {
    readonly Id: string
    readonly RepoTags: readonly string[] | null
    readonly RepoDigests: readonly string[] | null
    readonly RootFS: { readonly Layers?: readonly string[] | null }
    readonly Config?: { readonly User?: string; readonly Labels?: Readonly<Record<string, string>> | null } | null
  }[]
  return list.map(({ Id, RepoTags, RepoDigests, RootFS, Config }) => ({
    id: Id,
    names: RepoTags ?? [],
    digests: RepoDigests ?? [],
    layers: RootFS.Layers ?? [],
    user: Config?.User ?? '',
    labels: Config?.Labels ?? {},
  }))
}

export type Transfer =
  /** It is there. */
  | { readonly kind: 'nothing' }
  /** `present`: of its layers, from below, that are there already. */
  | { readonly kind: 'send'; readonly layers: number; readonly present: number }

export interface TransferInput {
  /** Under which it is to be there. */
  readonly name: string
  readonly image: ImageLook
  /** What the other engine has. */
  readonly there: readonly ImageLook[]
  /**
   * Whether the other engine looks for a layer among its own before it reads the archive. One that keeps images in
   * containerd's store wants all of it.
   */
  readonly knowsLayers: boolean
}

/** What has to travel so that another engine has an image under its name. */
export function planTransfer({ name, image, there, knowsLayers }: TransferInput): Transfer {
  const isThere = there.some((one) => one.names.includes(name) && isSame(one.layers, image.layers))
  if (isThere) return { kind: 'nothing' }
  return { kind: 'send', layers: image.layers.length, present: layersPresent(image.layers, { there, knowsLayers }) }
}

/** How many of an image's layers, from below, need not be sent. */
export function layersPresent(
  wanted: readonly string[],
  { there, knowsLayers }: Pick<TransferInput, 'there' | 'knowsLayers'>,
): number {
  return knowsLayers ? Math.max(0, ...there.map(({ layers }) => sharedFromBelow(layers, wanted))) : 0
}

/** Whether an engine keeps images in containerd's store. `driverStatus`: of `docker info`. */
export function isContainerdStore(driverStatus: readonly (readonly string[])[]): boolean {
  return driverStatus.some(([key, value]) => key === 'driver-type' && value?.startsWith('io.containerd.snapshotter'))
}

/** A layer stands on those below it: one with another ground is another layer. */
function sharedFromBelow(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((layer, index) => layer !== other[index])
  return end === -1 ? one.length : end
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && sharedFromBelow(one, other) === one.length
}
