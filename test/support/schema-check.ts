import type { Schema } from '../../docs/generate/openapi-schema.ts'

type Components = Readonly<Record<string, Schema>>

/** Where a value is not what its schema says; empty: it is. A key that the schema does not know is a fault as well. */
export function faultsOf(value: unknown, schema: Schema, components: Components, path = '$'): readonly string[] {
  const { $ref, anyOf, type, properties = {}, required = [], additionalProperties, items, prefixItems = [] } = schema
  if ($ref !== undefined) {
    const target = components[$ref.replace('#/components/schemas/', '')]
    return target === undefined ? [`${path}: ${$ref} is nowhere`] : faultsOf(value, target, components, path)
  }
  if (anyOf !== undefined) {
    const tries = anyOf.map((one) => faultsOf(value, one, components, path))
    return tries.some(({ length }) => length === 0)
      ? []
      : [`${path}: none of ${anyOf.length}`, ...(tries.toSorted((a, b) => a.length - b.length)[0] ?? [])]
  }
  if (schema.enum !== undefined)
    return schema.enum.some((one) => one === value) ? [] : [`${path}: ${JSON.stringify(value)} is not listed`]
  if (type === undefined) return []
  const its = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  if (its !== type) return [`${path}: ${its} instead of ${type}`]
  if (Array.isArray(value)) {
    const short = value.length < (schema.minItems ?? 0) ? [`${path}: too short`] : []
    const faults = value.flatMap((one: unknown, index) => {
      const of = prefixItems[index] ?? items
      if (of === false) return [`${path}[${index}]: one too many`]
      return of === undefined ? [] : faultsOf(one, of, components, `${path}[${index}]`)
    })
    return [...short, ...faults]
  }
  if (type !== 'object') return []
  const object = value as Readonly<Record<string, unknown>>
  const missing = required.filter((key) => !Object.hasOwn(object, key)).map((key) => `${path}: lacks ${key}`)
  const faults = Object.entries(object).flatMap(([key, one]) => {
    const of = properties[key] ?? additionalProperties
    return of === undefined ? [`${path}: ${key} is not known`] : faultsOf(one, of, components, `${path}.${key}`)
  })
  return [...missing, ...faults]
}
