import type { MigrationPhase } from '../../../deploy/migration.ts'
import type { SqlConnection } from '../databases/database.ts'

/** Holds the order in the environment of the job, whose other variables are the command's own. */
export const ORDER_VARIABLE = 'SEAWORTHY_MIGRATION'

/** What the job of one run is told. Holds credentials: handed over by environment, never by file or argument. */
export interface MigrationOrder {
  readonly service: string
  readonly phase: MigrationPhase
  readonly release: string
  readonly command: readonly string[]
  readonly connections: readonly SqlConnection[]
  /** Where the job says how far it is: see `report.ts`. */
  readonly report: string
  /** A folder for copies of files. */
  readonly scratch: string
  /** Commands and copies of databases are errands: see `errands.ts`. @default false */
  readonly hasErrands?: boolean
  /** For the command, each time. */
  readonly timeoutMs: number
}

/** What goes on with the name before or after it makes it the name of something else: of 'app', 'app_events', 'app-2', 'app.old'. */
const GOES_BEFORE = String.raw`(?<![\p{L}\p{N}_.\-])`
const GOES_ON = String.raw`(?![\p{L}\p{N}_\-%~$+@]|[./][\p{L}\p{N}_])`

/** Environment text that names an original, made to name its copy. */
export function redirect(
  environment: Readonly<Record<string, string>>,
  copies: readonly {
    readonly replace: readonly (readonly [string, string])[]
    readonly variables: Readonly<Record<string, string>>
  }[],
): Readonly<Record<string, string>> {
  const copyOf = new Map(copies.flatMap(({ replace }) => replace))
  if (copyOf.size === 0) return environment
  // The longest first, and all at once: a copy may be named like another original.
  const originals = [...copyOf.keys()].toSorted((one, other) => other.length - one.length)
  const any = originals.map((original) => original.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join('|')
  const names = new RegExp(`${GOES_BEFORE}(?:${any})${GOES_ON}`, 'gu')
  const redirected = Object.entries(environment).map(([name, value]): [string, string] => [
    name,
    value.replaceAll(names, (original) => copyOf.get(original)!),
  ])
  return Object.assign(Object.fromEntries(redirected), ...copies.map(({ variables }) => variables)) as Record<
    string,
    string
  >
}
