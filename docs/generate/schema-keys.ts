/** What the config's schema says of itself: every key with its kind of value, its default and its meaning, in the schema's order. */

/** The part of a zod schema's own metadata that is read here. */
export interface Schema {
  readonly description?: string | undefined
  readonly _zod: { readonly def: Definition }
}

interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly innerType?: Schema
  readonly in?: Schema
  readonly out?: Schema
  readonly element?: Schema
  readonly valueType?: Schema
  readonly options?: readonly Schema[]
  readonly entries?: Readonly<Record<string, string>>
  readonly values?: readonly unknown[]
  readonly defaultValue?: unknown
  readonly error?: (issue: object) => string | undefined
}

export interface Key {
  /** 'services.NAME.health.interval'; 'NAME' stands for any name, '[]' for each of a list. */
  readonly path: readonly string[]
  /** What to write: 'a duration; write a number with ms, s, min, h or d, such as '30s''. */
  readonly kind: string
  readonly isRequired: boolean
  /** What the schema itself fills in, where that is one value. */
  readonly filledIn: string | number | boolean | null
  readonly description: string
  /** Values of which one has to be chosen. */
  readonly choices: readonly string[]
  /** Whether keys of its own follow. */
  readonly holdsKeys: boolean
}

export const ANY_NAME = 'NAME'
export const EACH = '[]'

/** Every key below a schema, parents before their keys. */
export function keysOf(schema: Schema, path: readonly string[] = []): readonly Key[] {
  const { shape } = inner(schema)._zod.def
  return Object.entries(shape ?? {}).flatMap(([name, value]) => {
    const here = [...path, name]
    const below = keysBelow(value, here)
    return [keyOf(value, here, below.length > 0), ...below]
  })
}

/** Keys inside a value: of an object, of each entry of a record or list, of the forms that it may have. */
function keysBelow(schema: Schema, path: readonly string[]): readonly Key[] {
  const { def } = inner(schema)._zod
  if (def.shape !== undefined) return keysOf(schema, path)
  if (def.type === 'record') return keysBelow(def.valueType!, [...path, ANY_NAME])
  if (def.type === 'array') return keysBelow(def.element!, [...path.slice(0, -1), `${path.at(-1)!}${EACH}`])
  if (def.type === 'union') return def.options!.flatMap((option) => keysBelow(option, path))
  return []
}

function keyOf(schema: Schema, path: readonly string[], holdsKeys: boolean): Key {
  const { type, defaultValue } = schema._zod.def
  const isOptional = ['optional', 'default', 'prefault'].includes(type)
  const scalar = ['string', 'number', 'boolean'].includes(typeof defaultValue)
  return {
    path,
    kind: kindOf(schema),
    isRequired: !isOptional,
    filledIn: scalar ? (defaultValue as string | number | boolean) : null,
    description: descriptionOf(schema),
    choices: choicesOf(schema),
    holdsKeys,
  }
}

function descriptionOf(schema: Schema): string {
  if (schema.description !== undefined) return schema.description
  const { innerType } = schema._zod.def
  return innerType === undefined ? '' : descriptionOf(innerType)
}

function choicesOf(schema: Schema): readonly string[] {
  const { type, entries } = inner(schema)._zod.def
  return type === 'enum' ? Object.values(entries!) : []
}

/** Without what only says that it may be missing, and before it is turned into something else. */
function inner(schema: Schema): Schema {
  const { type, innerType, in: before } = schema._zod.def
  if (innerType !== undefined && ['optional', 'default', 'prefault', 'nullable', 'readonly'].includes(type))
    return inner(innerType)
  // What people write is what goes into a pipe, unless that is a mere check in front of the real choice.
  if (type === 'pipe') return inner(before!)
  return schema
}

/** In the words of the schema's own messages, so that the reference and the refusals say the same. */
function kindOf(schema: Schema): string {
  const { def } = inner(schema)._zod
  switch (def.type) {
    case 'object':
      return 'an object'
    case 'record':
      return `an object of names: ${kindOf(def.valueType!)} each`
    case 'array':
      return `a list: ${kindOf(def.element!)} each`
    case 'enum':
      return `one of ${Object.values(def.entries!)
        .map((value) => `'${value}'`)
        .join(', ')}`
    case 'literal':
      return def.values!.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(', ')
    case 'boolean':
      return 'true or false'
    case 'union':
      return messageOf(def) ?? def.options!.map((option) => kindOf(option)).join('; or ')
    default:
      return messageOf(def) ?? (def.type === 'string' ? 'text' : `a ${def.type}`)
  }
}

function messageOf({ error }: Definition): string | undefined {
  return error?.({ code: 'invalid_type', input: undefined })
}
