import described from '../../src/control/api/inputs.json' with { type: 'json' }
import type { Schema } from '../../docs/generate/openapi-schema.ts'
import type { Random } from './random.ts'

export const METHODS = described.methods as Readonly<Record<string, Schema>>
const TYPES = described.types as Readonly<Record<string, Schema>>

const NUMBERS = [0, -1, 1, 2, 1.5, -0.1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e15, 1e300, 8.64e15, 8.64e15 + 1]
const TEXTS = [
  '',
  'x',
  'api',
  'i1',
  'd1',
  '../../x',
  "'; drop table alerts; --",
  '\u0000',
  '💥'.repeat(50),
  'a'.repeat(5_000),
]
const ODD: readonly unknown[] = [null, true, false, 0, '1', '', [], {}, [[]], { a: { b: [] } }]
const DEPTH_MAX = 12

/** What a schema allows, of odd values; with a chance of `wrong` for each part to be of another type, or not there. */
export function inputFor(schema: Schema, random: Random, wrong: number, depth = 0): unknown {
  if (random.chance(wrong)) return random.pick(ODD)
  if (schema.$ref !== undefined)
    return inputFor(TYPES[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)]!, random, wrong, depth + 1)
  if (schema.enum !== undefined) return random.pick(schema.enum)
  if (schema.anyOf !== undefined) return inputFor(random.pick(schema.anyOf), random, wrong, depth + 1)
  switch (schema.type) {
    case 'object':
      return objectFor(schema, random, wrong, depth)
    case 'array': {
      const { items, prefixItems = [] } = schema
      const more = items === undefined || items === false || depth > DEPTH_MAX ? [] : Array(random.below(3)).fill(items)
      return [...prefixItems, ...(more as Schema[])].map((one) => inputFor(one, random, wrong, depth + 1))
    }
    case 'number':
      return random.pick(NUMBERS)
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    case 'string':
      return random.pick(TEXTS)
    case undefined:
      return random.pick(ODD)
  }
}

function objectFor(schema: Schema, random: Random, wrong: number, depth: number): unknown {
  const { properties = {}, required = [], additionalProperties } = schema
  const value: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(properties)) {
    const isThere = required.includes(name) ? !random.chance(wrong) : depth < DEPTH_MAX && random.chance(0.5)
    if (isThere) value[name] = inputFor(one, random, wrong, depth + 1)
  }
  if (additionalProperties !== undefined && depth < DEPTH_MAX && random.chance(0.7))
    value[random.pick(TEXTS)] = inputFor(additionalProperties, random, wrong, depth + 1)
  return value
}
