import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { Problem } from '../core/problem.ts'
import { expectedOf, explainIssues, type Finding } from './explain-issue.ts'
import { mergeOverrides } from './merge.ts'
import type { Path } from './path.ts'
import type { Json } from './plain.ts'
import { prune } from './prune.ts'
import { appRules, environmentRules } from './rules/index.ts'
import { namesOf, type Scene } from './rules/scene.ts'
import { appSchema, type App } from './schema/app.ts'

/** A config in which nothing is wrong. */
export interface CheckedConfig {
  readonly file: string
  readonly folder: string
  /** As it was written: defaults and overrides are applied by `resolveEnvironment`. */
  readonly app: App
}

/** More lines than this help nobody; the rest is counted. */
const DETAILS_MAX = 100

/**
 * Checks what a config file holds. @param file its absolute path, for messages and for the paths in it.
 * @throws config.invalid, whose details list every problem at once: path, value, what was expected, cure
 */
export function checkConfig(raw: Json, file: string): CheckedConfig {
  // A program compiled for each object of the schema pays only where it runs more than once or twice.
  z.config({ jitless: true })
  const lines = [...new Set(findingsOf(raw).map((found) => found.text))]
  if (lines.length > 0) {
    const shown = lines.slice(0, DETAILS_MAX)
    const left = lines.length - shown.length
    throw new Problem(
      'config.invalid',
      `${file} has ${lines.length === 1 ? 'a problem' : `${lines.length} problems`}`,
      {
        hint: `Correct ${basename(file)}; nothing was changed.`,
        details: left > 0 ? [...shown, `and ${left} more`] : shown,
      },
    )
  }
  // The schema has just accepted it.
  return { file, folder: dirname(file), app: raw as unknown as App }
}

/** The names of all environments, in the order they were written. */
export function environmentNames(checked: CheckedConfig): readonly string[] {
  return Object.keys(checked.app.environments)
}

/** The folder an environment keeps its releases, journal and logs in: absolute. @default '.seaworthy/<environment>' */
export function stateFolder(checked: CheckedConfig, environmentName: string, projectFolder: string): string {
  const state = checked.app.environments[environmentName]?.state ?? join('.seaworthy', environmentName)
  return state.startsWith('/') ? state : join(projectFolder, state)
}

/** Each round takes out what is broken; what was held by it breaks in the next, up to the root. */
const ROUNDS_MAX = 12

function findingsOf(raw: Json): readonly Finding[] {
  const findings: Finding[] = []
  const damaged: Path[] = []
  let rest = raw
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const parsed = appSchema.safeParse(rest, { error: expectedOf })
    if (parsed.success) return [...findings, ...ruleFindings({ app: rest as unknown as App, raw, damaged })]
    const found = explainIssues(parsed.error.issues, rest)
    // Later rounds only find what the earlier ones took away.
    if (round === 0) findings.push(...found)
    const paths = found.flatMap((each) => each.damaged)
    damaged.push(...paths)
    const left = prune(rest, paths)
    if (typeof left !== 'object' || left === null) return findings
    rest = withStandIns(left)
  }
  return findings
}

const STAND_IN = 'stand-in'

/** Without a name or an environment nothing parses; with these the rest can still be looked at. */
function withStandIns(rest: object): Json {
  const app = { name: STAND_IN, ...rest } as { readonly [key: string]: Json }
  const { environments } = app
  const none = typeof environments === 'object' && environments !== null && Object.keys(environments).length === 0
  return none || environments === undefined ? { ...app, environments: { [STAND_IN]: { target: 'process' } } } : app
}

/** The rules hold for the app as written, and for what each environment's overrides make of it. */
function ruleFindings(scene: Scene): readonly Finding[] {
  const findings = [...appRules(scene)]
  const known = new Set(findings.map((found) => found.text))
  for (const [name, environment] of Object.entries(scene.app.environments)) {
    if (name === STAND_IN && !namesOf(scene, 'environments').includes(name)) continue
    const merged = { ...scene, app: mergeOverrides(scene.app, environment) }
    if (environment.overrides !== undefined) {
      const prefix = `environments.${name}.overrides.`
      const more = appRules(merged).filter((found) => !known.has(found.text))
      findings.push(...more.map((found) => ({ ...found, text: prefix + found.text })))
    }
    findings.push(...environmentRules(merged, name))
  }
  return findings
}
