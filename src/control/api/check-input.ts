import { Problem } from '../../core/problem.ts'
// Written by `npm run docs` of the types in contract.ts, as the OpenAPI document is.
import described from './inputs.json' with { type: 'json' }

/** The part of JSON Schema that the inputs of the contract need. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly items?: Schema | false
  readonly prefixItems?: readonly Schema[]
  readonly minItems?: number
}

interface Finding {
  readonly path: string
  readonly text: string
}

const METHODS = described.methods as Readonly<Record<string, Schema>>
const TYPES = described.types as Readonly<Record<string, Schema>>
/** Wrong fields that are told of one call. */
const TOLD_MAX = 20
const SHOWN_MAX = 60

/** Holds a call against the types of the contract. @throws Problem `api.wrong-input` with the path of every field that is wrong */
export function checkInput(method: string, input: unknown): void {
  const schema = METHODS[method]
  if (schema === undefined) return
  const found = findings(schema, input, '')
  if (found.length === 0) return
  const told = found.slice(0, TOLD_MAX).map(({ path, text }) => `${path === '' ? 'the input' : path}: ${text}`)
  throw new Problem('api.wrong-input', `${method} does not take this: ${told[0]!}`, {
    hint: 'docs/reference/openapi.json says what each method takes.',
    details: [...told, ...(found.length > TOLD_MAX ? [`and ${found.length - TOLD_MAX} more`] : [])],
  })
}

function findings(schema: Schema, value: unknown, path: string): readonly Finding[] {
  const { $ref, anyOf, type } = schema
  if ($ref !== undefined) return findings(TYPES[$ref.slice($ref.lastIndexOf('/') + 1)]!, value, path)
  if (anyOf !== undefined) return ofAny(anyOf, value, path)
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [wrong(path, expected(schema), value)]
  if (type === 'object') return isObject(value) ? ofObject(schema, value, path) : [wrong(path, 'an object', value)]
  if (type === 'array') return Array.isArray(value) ? ofArray(schema, value, path) : [wrong(path, 'a list', value)]
  // JSON can write what is larger than any number.
  if (type === 'number' && value === Infinity) return [{ path, text: 'is too large' }]
  if (type === undefined || (type === 'null' ? value === null : typeof value === type)) return []
  return [wrong(path, expected(schema), value)]
}

/** Of what fits none, that is told which comes nearest: it speaks of the deepest field. */
function ofAny(schemas: readonly Schema[], value: unknown, path: string): readonly Finding[] {
  const all = schemas.map((one) => findings(one, value, path))
  if (all.some((found) => found.length === 0)) return []
  const inside = all.filter((found) => found.every((one) => one.path !== path))
  const nearest = inside.toSorted((one, other) => one.length - other.length)[0]
  return nearest ?? [wrong(path, schemas.map(expected).join(' or '), value)]
}

function ofObject(
  { properties = {}, required = [], additionalProperties }: Schema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): readonly Finding[] {
  const missing = required.filter((name) => !Object.hasOwn(value, name))
  return [
    ...missing.map((name) => ({
      path: inside(path, name),
      text: `is missing; expected ${expected(properties[name]!)}`,
    })),
    ...Object.entries(value).flatMap(([name, one]) => {
      const schema = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
      return schema === undefined ? [] : findings(schema, one, inside(path, name))
    }),
  ]
}

function ofArray({ items, prefixItems = [], minItems = 0 }: Schema, value: readonly unknown[], path: string) {
  const found = value.flatMap((one, index) => {
    const schema = prefixItems[index] ?? items
    return schema === undefined || schema === false ? [] : findings(schema, one, `${path}[${index}]`)
  })
  return value.length >= minItems ? found : [...found, wrong(path, `at least ${minItems} of them`, value)]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function expected({ $ref, type, enum: values, anyOf }: Schema): string {
  if ($ref !== undefined) return expected(TYPES[$ref.slice($ref.lastIndexOf('/') + 1)]!)
  if (anyOf !== undefined) return anyOf.map(expected).join(' or ')
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(', ')
  return { object: 'an object', array: 'a list', null: 'null' }[type ?? ''] ?? `a ${type}`
}

function wrong(path: string, what: string, value: unknown): Finding {
  const text = JSON.stringify(value)
  return { path, text: `got ${text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text}, expected ${what}` }
}

function inside(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
