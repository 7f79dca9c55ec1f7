/** The releases this one program can pretend to be, chosen by MARKET_RELEASE: the switches of the demonstration. */
const VERSIONS = ['v1', 'v2', 'unready', 'rots'] as const
export type Version = (typeof VERSIONS)[number]

export interface Release {
  readonly version: Version
  /** The schema level without which this release must not get traffic. */
  readonly schemaNeeded: number
  /** Whether markets have categories. */
  readonly categories: boolean
  /** Whether it still reads what the contracting migration removes. */
  readonly readsTopic: boolean
}

const RELEASES: Readonly<Record<Version, Release>> = {
  v1: { version: 'v1', schemaNeeded: 1, categories: false, readsTopic: true },
  v2: { version: 'v2', schemaNeeded: 2, categories: true, readsTopic: false },
  // No migration makes level 3: its gate has to refuse it.
  unready: { version: 'unready', schemaNeeded: 3, categories: true, readsTopic: false },
  rots: { version: 'rots', schemaNeeded: 2, categories: true, readsTopic: false },
}

/** @throws Error when the name is none of VERSIONS. */
export function releaseNamed(name: string): Release {
  const version = VERSIONS.find((known) => known === name)
  if (!version) throw new Error(`MARKET_RELEASE: expected one of ${VERSIONS.join(', ')}, got "${name}"`)
  return RELEASES[version]
}

/** Decides which API requests of a rotten release fail. */
export type Rot = () => boolean

export const ROTS_AFTER_MS = 20_000

/** Healthy until `afterMs` after its first request; then exactly three of five requests fail, in a fixed pattern. */
export function createRot(options: { release: Release; afterMs: number; now: () => number }): Rot {
  const { release, afterMs, now } = options
  if (release.version !== 'rots') return () => false
  let firstAt: number | undefined
  let turn = 0
  return () => {
    firstAt ??= now()
    if (now() - firstAt < afterMs) return false
    turn = (turn + 1) % 5
    return turn < 3
  }
}
