import type { ProjectFiles } from './project-files.ts'

/** A value and where it comes from: 'package.json: scripts.start'. */
export interface Guess<T> {
  readonly value: T
  readonly because: string
}

export type Runtime = 'node' | 'python' | 'go' | 'ruby' | 'php' | 'static' | 'docker' | 'told'

/** Keys of a service that hold one piece of text. */
export const TEXT_KEYS = ['path', 'build', 'start', 'static', 'ready', 'live', 'startup', 'expand'] as const
export type TextKey = (typeof TEXT_KEYS)[number]

/** A part of the project that can run. */
export interface ServiceFinding {
  readonly kind: 'service'
  /** Where it lies, relative to the project: '.', 'apps/api'. */
  readonly folder: string
  readonly runtime: Runtime
  readonly name: string
  readonly keys: Readonly<Partial<Record<TextKey, Guess<string>>>>
  /** 'page': people open it in a browser, so '/' is its; 'worker': nobody reaches it. @default 'server' */
  readonly role?: 'page' | 'worker'
  /** What a person should know of it, if it is written. */
  readonly note?: string
}

/** Something about whatever service lies in `folder`; it does not win over what the service says itself. */
export type SettingFinding = { readonly kind: 'setting'; readonly folder: string } & (
  | { readonly key: TextKey; readonly guess: Guess<string> }
  | { readonly key: 'port'; readonly guess: Guess<number> }
  | { readonly key: 'routes' | 'writable'; readonly guess: Guess<readonly string[]> }
  | { readonly key: 'env'; readonly name: string; readonly guess: Guess<string> }
  | { readonly key: 'secret'; readonly name: string; readonly because: string }
)

/** What the services in and below `folder` use. */
export interface NeedFinding {
  readonly kind: 'need'
  readonly folder: string
  readonly need: 'postgres' | 'redis' | 'kafka' | 'sqlite'
  /** Its name where one is written somewhere, as in a compose file. */
  readonly name?: string
  readonly version?: string
  readonly role?: 'cache' | 'store'
  readonly because: string
}

/** What a compose file says of one service: it names what the other detectors find in its folder. */
export interface ComposeFinding {
  readonly kind: 'compose'
  readonly folder: string
  readonly name: string
  readonly because: string
  /** The program, where the compose file names another than the image does. */
  readonly command: string | null
  readonly isReached: boolean
  readonly port: number | null
  readonly ready: string | null
  /** Names of other compose services. */
  readonly uses: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** What a person should know and no key can say. */
export interface NoteFinding {
  readonly kind: 'note'
  readonly text: string
  /** Only worth saying while nothing is recognised in this folder. */
  readonly folder?: string
}

export type Finding = ServiceFinding | SettingFinding | NeedFinding | ComposeFinding | NoteFinding

export type Detector = (project: ProjectFiles) => readonly Finding[]
