import { scrubOf } from '../core/scrub.ts'
import type { CheckedConfig } from './check.ts'
import { mergeOverrides } from './merge.ts'
import { formatPath, valueAt, type Path } from './path.ts'
import { appSchema } from './schema/app.ts'

/** One value of a config as an environment sees it. */
export interface ConfigValue {
  readonly path: Path
  /** As it was written, or as the schema would have it written; null: nobody says, and `meaning` tells what follows. */
  readonly written: string | null
  readonly origin: 'written' | 'override' | 'default'
  /** Where it stands in the file: of an override the path of that. Null for a default. */
  readonly at: string | null
  /** What the schema says of the key, its default at the end. */
  readonly meaning: string
}

/** The part of a zod schema's own metadata that is read here. */
interface Schema {
  readonly description?: string | undefined
  readonly _zod: {
    readonly def: {
      readonly type: string
      readonly shape?: Readonly<Record<string, Schema>>
      readonly innerType?: Schema
      readonly in?: Schema
      readonly element?: Schema
      readonly valueType?: Schema
      readonly options?: readonly Schema[]
      readonly defaultValue?: unknown
    }
  }
}

/**
 * Every value of a config in one environment: what was written, what the environment overrides, and each default. Values of
 * variables are not shown, and no password in a URL: they may come from wherever the file is loaded.
 */
export function configValues({ app }: CheckedConfig, environmentName: string): readonly ConfigValue[] {
  const environment = app.environments[environmentName]!
  const merged = mergeOverrides(app, environment)
  const seen = { ...merged, environments: { [environmentName]: { ...environment, overrides: undefined } } }
  const originOf = (path: Path): Pick<ConfigValue, 'origin' | 'at'> => {
    const override: Path = ['environments', environmentName, 'overrides', ...path]
    if (valueAt(app, override) !== undefined) return { origin: 'override', at: formatPath(override) }
    if (valueAt(app, path) !== undefined) return { origin: 'written', at: formatPath(path) }
    return { origin: 'default', at: null }
  }
  return walk(appSchema as unknown as Schema, seen, []).map(({ path, ...value }) => ({
    path,
    ...value,
    ...originOf(path),
  }))
}

type Found = Pick<ConfigValue, 'path' | 'written' | 'meaning'>

/** Keys that are not written are looked for below objects alone: what a list or a record does not hold is not there. */
function walk(schema: Schema, written: unknown, path: Path, meaning = ''): readonly Found[] {
  const { held, fallback, description } = unwrap(schema)
  const value = written ?? fallback
  const about = description || meaning
  const { shape, valueType, element, options } = held._zod.def
  const isObject = typeof value === 'object' && value !== null
  if (shape !== undefined && (isObject || value === undefined)) {
    // An optional object that is not written holds nothing: its keys would be asked of nobody.
    if (value === undefined) return [leaf(path, undefined, about)]
    return Object.entries(shape).flatMap(([key, inner]) =>
      key === 'overrides' ? [] : walk(inner, (value as Readonly<Record<string, unknown>>)[key], [...path, key]),
    )
  }
  if (valueType !== undefined && isObject)
    return Object.entries(value).flatMap(([key, each]) => walk(valueType, each, [...path, key], about))
  if (element !== undefined && Array.isArray(value) && value.some((each) => typeof each === 'object'))
    return value.flatMap((each: unknown, index) => walk(element, each, [...path, index], about))
  if (options !== undefined && isObject && !Array.isArray(value)) {
    const keys = Object.keys(value)
    const form = options.find((option) => keys.every((key) => unwrap(option).held._zod.def.shape?.[key] !== undefined))
    if (form !== undefined) return walk(form, value, path, about)
  }
  return [leaf(path, value, about)]
}

function leaf(path: Path, value: unknown, meaning: string): Found {
  const isVariable = path[0] === 'services' && path[2] === 'env'
  return { path, written: value === undefined ? null : isVariable ? '(not shown)' : show(value), meaning }
}

const scrub = scrubOf({})

function show(value: unknown): string {
  return scrub(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Without what only says that it may be missing, with what stands in its place then, as it would be written. */
function unwrap(schema: Schema): { held: Schema; fallback: unknown; description: string } {
  let held = schema
  let fallback: unknown
  let description = schema.description ?? ''
  for (;;) {
    const { type, innerType, in: before, defaultValue } = held._zod.def
    if (defaultValue !== undefined && fallback === undefined) fallback = defaultValue
    const next =
      innerType !== undefined && ['optional', 'default', 'prefault', 'nullable', 'readonly'].includes(type)
        ? innerType
        : type === 'pipe'
          ? before
          : undefined
    if (next === undefined) return { held, fallback, description }
    held = next
    if (description === '') description = held.description ?? ''
  }
}
