import type { ResolvedSmoke } from '../../config/resolved.ts'
import type { Instance } from '../../deploy/release.ts'
import type { Asked, OwedWork } from '../../deploy/targets/roster.ts'

/** The contract's `Empty` and `Fenced`, which imports this file. */
interface Nothing {
  readonly none?: never
}
interface Token {
  readonly token: number
}

/** For targets whose instances somebody else keeps: docs/decisions/0028. Refused with `roster.unused` on `process`. */
export interface RosterMethods {
  /** Ids of the instances that a service is to have: those that are there, and new ones for what lacks. */
  'roster.wanted': { input: Token & { release: string; service: string }; output: { ids: readonly string[] } }
  /** What was started or seen. Beside a release's traffic it stays out of the routing table until it is admitted. */
  'roster.put': { input: Token & { instances: readonly Instance[] }; output: Nothing }
  /** They have passed their check: into the routing table, where their release is in it. */
  'roster.admit': { input: Token & { ids: readonly string[] }; output: Nothing }
  /** Out of the routing table and drained; their stop is owed from here on. Refused with `instance.live`. */
  'roster.leave': {
    input: Token & { release: string; service: string | null }
    output: { ids: readonly string[] }
  }
  /** They are gone. */
  'roster.forget': { input: Token & { ids: readonly string[] }; output: Nothing }
  /** One look at whether an instance is ready, from inside. What its body holds is not scrubbed of the service's secrets. */
  'roster.probe': { input: { instance: string }; output: { asked: Asked } }
  /** One smoke request to an instance, from inside. Whether it is good decides who knows the secrets to take out. */
  'roster.smoke': { input: Token & { instance: string; smoke: ResolvedSmoke }; output: { asked: Asked } }
  /** What control may not do itself, oldest first. */
  'roster.owed': { input: Nothing; output: { owed: readonly OwedWork[] } }
  /** The image that was recorded of an artifact; null: none was. */
  'image.recorded': { input: { artifact: string }; output: { image: string | null } }
  /** The image that is made of an artifact: `image` as it was recorded first. */
  'image.record': { input: Token & { artifact: string; image: string }; output: { image: string } }
}
