import type { Release } from '../../../release.ts'
import type { Registry } from './images.ts'

/** One environment, as its overlay is to be. */
export interface Overlay {
  readonly release: Release
  readonly namespace: string
}

export interface RenderInput {
  readonly overlays: readonly [Overlay, ...Overlay[]]
  readonly registry: Registry
}
