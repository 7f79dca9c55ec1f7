import type { Release } from '../../../release.ts'

/** One environment, as its overlay is to be. */
export interface Overlay {
  readonly release: Release
  readonly namespace: string
}

export interface RenderInput {
  readonly overlays: readonly [Overlay, ...Overlay[]]
  /** What stands before the names of images that are made; null: nothing. */
  readonly registry: string | null
}
