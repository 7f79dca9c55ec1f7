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
  /** For the command, each time. */
  readonly timeoutMs: number
}

/** Environment text that names an original, made to name its copy. */
export function redirect(
  environment: Readonly<Record<string, string>>,
  copies: readonly {
    readonly replace: readonly (readonly [string, string])[]
    readonly variables: Readonly<Record<string, string>>
  }[],
): Readonly<Record<string, string>> {
  const pairs = copies.flatMap(({ replace }) => replace)
  const redirected = Object.entries(environment).map(([name, value]): [string, string] => [
    name,
    pairs.reduce((text, [original, copy]) => text.replaceAll(original, copy), value),
  ])
  return Object.assign(Object.fromEntries(redirected), ...copies.map(({ variables }) => variables)) as Record<
    string,
    string
  >
}
