import { canonicalJson } from '../../core/canonical-json.ts'
import { proposeFor } from '../init.ts'
import { projectFrom } from '../project-files.ts'

interface Service {
  readonly [key: string]: unknown
  readonly start?: string
  readonly build?: string
}

/** The services that `init` makes of these files, as plain data. */
export function servicesOf(files: Readonly<Record<string, string>>): Readonly<Record<string, Service>> {
  return appOf(files).services
}

/** The one service of these files. */
export function serviceOf(files: Readonly<Record<string, string>>): Service {
  const all = Object.values(servicesOf(files))
  if (all.length !== 1) throw new Error(`${all.length} services: ${canonicalJson(servicesOf(files))}`)
  return all[0]!
}

export function appOf(files: Readonly<Record<string, string>>): {
  readonly services: Readonly<Record<string, Service>>
  readonly needs?: Readonly<Record<string, object>>
  readonly gateway?: object
} {
  return JSON.parse(proposeFor(projectFrom(files)).canonical) as ReturnType<typeof appOf>
}

export function notesOf(files: Readonly<Record<string, string>>): readonly string[] {
  return proposeFor(projectFrom(files)).notes
}

/** A package.json as text. */
export function packageText(value: object): string {
  return JSON.stringify(value)
}
