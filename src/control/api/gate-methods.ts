import type { Examination } from '../../deploy/diagnosis/evidence.ts'

/** What the gate asks when an instance does not become ready. */
export interface GateMethods {
  /** What control knows of an instance: names of its variables, never their values; its memory; its last end. */
  'instance.examine': { input: { name: string }; output: { examination: Examination } }
}
