import type { Inspector } from '../../src/guard/inspect/inspector.ts'
import { CONTENT_TYPES } from './families.ts'
import type { Family } from './families.ts'
import { cpuOf, judgeOnce } from './measure.ts'
import type { Sample } from './requests.ts'

/** Lengths at which each family is measured, in characters. */
export const LENGTHS = [1024, 16_384, 262_144, 1_048_576] as const
/** Nanoseconds a byte at the longest length over those at the shortest. */
export const GROWTH_MAX = 1.5
export const NS_PER_BYTE_MAX = 15
/** Bytes judged for one figure. */
const BYTES_MEASURED = 4 << 20
const TRIES = 3

export interface FamilyCost {
  readonly family: Family
  /** One figure for each of LENGTHS. */
  readonly nsPerByte: readonly number[]
  /** Of the figures, the highest over the one at 1 KB. */
  readonly growth: number
}

export function costOfFamily(inspector: Inspector, family: Family): FamilyCost {
  const nsPerByte = LENGTHS.map((length) => {
    const body = Buffer.from(family.text(length))
    const sample: Sample = {
      name: family.name,
      request: {
        method: 'POST',
        target: '/',
        client: '192.0.2.1',
        host: 'a',
        headers: ['Host', 'a', 'Content-Type', CONTENT_TYPES[family.as]],
      },
      body,
    }
    const rounds = Math.max(1, Math.floor(BYTES_MEASURED / body.length / TRIES))
    const tries = Array.from({ length: TRIES + 1 }, () =>
      cpuOf(() => {
        for (let index = 0; index < rounds; index++) judgeOnce(inspector, sample)
      }),
    )
    // The first one warms up.
    return (Math.min(...tries.slice(1)) * 1000) / rounds / body.length
  })
  return { family, nsPerByte, growth: Math.max(...nsPerByte) / nsPerByte[0]! }
}
