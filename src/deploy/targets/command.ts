import { joinWords } from '../../core/words.ts'

/**
 * A command of a target's own tool, as a value: what `--dry-run` prints is what runs. It never goes through a shell, and
 * nothing secret is in its words, since every user of the machine can list them.
 */
export interface Command {
  readonly argv: readonly [program: string, ...args: string[]]
  /** What it reads; never shown: secrets travel here. */
  readonly stdin?: Uint8Array
  /** Ended by SIGKILL after this long. */
  readonly timeoutMs: number
  /** Its exit code decides nothing: what has come of it is looked at afterwards. @default false */
  readonly mayFail?: boolean
  /** A failure whose lines say this is none: what is asked for is there already. */
  readonly forgives?: string
  /** Why it is run, for the plan. */
  readonly because: string
}

/** The line that somebody could paste into a terminal; ` < …` where it reads something that is not shown. */
export function showCommand({ argv, stdin }: Command): string {
  return `${joinWords(argv)}${stdin === undefined ? '' : ' < …'}`
}
