import type { Errand, ErrandEnd } from '../../deploy/errand.ts'

/** For targets whose migrations run in containers: docs/decisions/0028. On `process` a run has no errands. */
export interface ErrandMethods {
  /** What a run waits for; null: nothing. Fenced, since it holds credentials. */
  'errand.look': { input: { token: number; run: number }; output: { errand: Errand | null } }
  /** It has come to its end, whoever has seen it through. */
  'errand.end': { input: { token: number; run: number; errand: number; end: ErrandEnd }; output: { none?: never } }
}
