import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from '../../src/deploy/targets/kubernetes/object.ts'

/**
 * What an API server knows of the kinds that we write: fields, their types, and which must be there. Taken from Kubernetes
 * 1.20's own `api/openapi-spec/swagger.json`, without its texts.
 */
interface Types {
  readonly kinds: Readonly<Record<string, string>>
  readonly types: Readonly<Record<string, Type>>
}

interface Type {
  readonly ref?: string
  readonly type?: string
  readonly items?: Type
  /** Of a map. */
  readonly values?: Type
  readonly fields?: Readonly<Record<string, Type>>
  readonly required?: readonly string[]
}

const OLD = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/kubernetes/types-1.20.json'), 'utf8'),
) as Types

/** The same with what came later and is written here: kinds that became final unchanged, and two fields. */
const NEW: Types = {
  kinds: {
    ...OLD.kinds,
    'policy/v1 PodDisruptionBudget': OLD.kinds['policy/v1beta1 PodDisruptionBudget']!,
    'autoscaling/v2 HorizontalPodAutoscaler': OLD.kinds['autoscaling/v2beta2 HorizontalPodAutoscaler']!,
  },
  types: {
    ...OLD.types,
    // Kubernetes 1.26 and 1.29, on by default from 1.27 and 1.30.
    'policy.v1beta1.PodDisruptionBudgetSpec': withField(OLD, 'policy.v1beta1.PodDisruptionBudgetSpec', {
      unhealthyPodEvictionPolicy: { type: 'string' },
    }),
    'core.v1.Handler': withField(OLD, 'core.v1.Handler', {
      sleep: { type: 'object', fields: { seconds: { type: 'integer' } }, required: ['seconds'] },
    }),
  },
}

/** What such a server would refuse: unknown fields and kinds, fields that are missing or of another type, wrong amounts. */
export function unknownTo(which: 'old' | 'new', object: KubernetesObject): readonly string[] {
  const known = which === 'old' ? OLD : NEW
  const kind = `${object.apiVersion} ${object.kind}`
  const type = known.kinds[kind]
  // As JSON: what is undefined does not travel.
  return type === undefined
    ? [`no kind ${kind}`]
    : faults(known, { ref: type }, JSON.parse(JSON.stringify(object)) as unknown, object.kind)
}

function faults(known: Types, type: Type, value: unknown, path: string): readonly string[] {
  if (type.ref !== undefined) {
    if (type.ref === 'api.resource.Quantity' && !QUANTITY.test(String(value)))
      return [`${path}: no amount: ${String(value)}`]
    return faults(known, known.types[type.ref]!, value, path)
  }
  switch (type.type) {
    case 'array':
      if (!Array.isArray(value)) return [`${path}: no list`]
      return value.flatMap((one, index) => faults(known, type.items!, one, `${path}[${index}]`))
    case 'integer':
      return Number.isInteger(value) ? [] : [`${path}: no whole number`]
    case 'boolean':
    case 'string':
      return typeof value === type.type ? [] : [`${path}: no ${type.type}`]
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value) ? [] : [`${path}: neither number nor text`]
    default:
      return objectFaults(known, type, value, path)
  }
}

function objectFaults(
  known: Types,
  { fields, values, required = [] }: Type,
  value: unknown,
  path: string,
): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`]
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${path}.${name}: missing`)
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const type = fields?.[name] ?? values
    return type === undefined ? [`${path}.${name}: unknown`] : faults(known, type, one, `${path}.${name}`)
  })
  return [...missing, ...wrong]
}

/** As the API reads amounts: a number with a decimal or binary unit. */
const QUANTITY = /^\d+(?:\.\d+)?(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?$/

function withField({ types }: Types, name: string, more: Readonly<Record<string, Type>>): Type {
  return { ...types[name]!, fields: { ...types[name]!.fields, ...more } }
}
