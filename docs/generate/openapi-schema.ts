import {
  ElementFlags,
  SymbolFlags,
  TypeFlags,
  type Checker,
  type Symbol,
  type Type,
  type TypeReference,
} from 'typescript/unstable/sync'

/** The part of JSON Schema 2020-12 that our types need. */
export interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'
  readonly enum?: readonly (string | number | boolean)[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly items?: Schema | false
  readonly prefixItems?: readonly Schema[]
  readonly minItems?: number
}

/** Writes types as schemas, each named object type once. */
export class SchemaWriter {
  readonly components: Record<string, Schema> = {}
  readonly #checker: Checker
  readonly #names = new Map<number, string>()

  constructor(checker: Checker) {
    this.#checker = checker
  }

  /** @param path where the type stands, to say so when it cannot be JSON */
  of(type: Type, path: string): Schema {
    const { flags } = type
    const alias =
      type.isUnionType() || type.isObjectType() || type.isIntersectionType() ? type.getAliasSymbol() : undefined
    if (alias !== undefined && !(flags & TypeFlags.Boolean) && type.getAliasTypeArguments().length === 0)
      return this.#named(alias, type, () => this.#unnamed(type, path))
    return this.#unnamed(type, path)
  }

  #unnamed(type: Type, path: string): Schema {
    const { flags } = type
    if (type.isUnionType() && !(flags & TypeFlags.Boolean)) return this.#union(type.getTypes(), path)
    if (flags & TypeFlags.Boolean) return { type: 'boolean' }
    if (type.isStringLiteralType() || type.isNumberLiteralType() || type.isBooleanLiteralType())
      return { enum: [type.value] }
    if (flags & (TypeFlags.String | TypeFlags.TemplateLiteral)) return { type: 'string' }
    if (flags & TypeFlags.Number) return { type: 'number' }
    if (flags & TypeFlags.Null) return { type: 'null' }
    if (flags & TypeFlags.Unknown) return {}
    if (type.isObjectType() || type.isIntersectionType()) return this.#object(type, path)
    throw new Error(`${path}: ${this.#checker.typeToString(type)} cannot be JSON`)
  }

  /** Values in one enum; null and objects beside it. What may be undefined is what may be absent. */
  #union(types: readonly Type[], path: string): Schema {
    const there = types.filter(({ flags }) => !(flags & TypeFlags.Undefined))
    const schemas = there.map((type) => this.of(type, path))
    const values = schemas.flatMap((schema) => schema.enum ?? [])
    const isBoolean = values.includes(true) && values.includes(false)
    const named = values.filter((value) => !isBoolean || typeof value !== 'boolean')
    const parts: readonly Schema[] = [
      ...(named.length === 0 ? [] : [{ enum: named }]),
      ...(isBoolean ? [{ type: 'boolean' } as const] : []),
      ...schemas.filter((schema) => schema.enum === undefined),
    ]
    return parts.length === 1 ? parts[0]! : { anyOf: parts }
  }

  #object(type: Type, path: string): Schema {
    const checker = this.#checker
    if (checker.isTupleType(type)) return this.#tuple(type as TypeReference, path)
    if (checker.isArrayType(type))
      return { type: 'array', items: this.of(checker.getTypeArguments(type as TypeReference)[0]!, `${path}[]`) }
    const symbol = type.isIntersectionType() ? undefined : type.getSymbol()
    if (symbol === undefined || !(symbol.flags & SymbolFlags.Interface)) return this.#members(type, path)
    return this.#named(symbol, type, () => this.#members(type, symbol.name))
  }

  /** Once among the components, wherever it stands. */
  #named(symbol: Symbol, type: Type, write: () => Schema): Schema {
    const known = this.#names.get(type.id)
    if (known !== undefined) return { $ref: `#/components/schemas/${known}` }
    const name = this.#freeName(symbol.name)
    this.#names.set(type.id, name)
    this.components[name] = {}
    this.components[name] = { ...describe(symbol, this.#checker), ...write() }
    return { $ref: `#/components/schemas/${name}` }
  }

  #tuple(type: TypeReference, path: string): Schema {
    const target = type.getTarget()
    const args = this.#checker.getTypeArguments(type)
    const flags = target.isTupleType() ? target.elementFlags : []
    const schemas = args.map((each, index) => this.of(each, `${path}[${index}]`))
    const rest = flags.findIndex((flag) => flag & ElementFlags.Rest)
    const fixed = rest === -1 ? schemas : schemas.slice(0, rest)
    const minItems = flags.filter((flag) => flag & ElementFlags.Required).length
    return { type: 'array', prefixItems: fixed, minItems, items: rest === -1 ? false : schemas[rest]! }
  }

  #members(type: Type, path: string): Schema {
    const checker = this.#checker
    const properties: Record<string, Schema> = {}
    const required: string[] = []
    for (const property of checker.getPropertiesOfType(type)) {
      const its = checker.getTypeOfSymbol(property)!
      // `none?: never` is how an empty object says that it takes nothing.
      if (its.flags & (TypeFlags.Never | TypeFlags.Undefined)) continue
      properties[property.name] = {
        ...this.of(its, `${path}.${property.name}`),
        ...describe(property, checker),
      }
      if (!(property.flags & SymbolFlags.Optional)) required.push(property.name)
    }
    const [index] = checker.getIndexInfosOfType(type)
    return {
      type: 'object',
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.of(index.valueType, `${path}.*`) }),
    }
  }

  /** Two types of one name are told apart by a number. */
  #freeName(name: string): string {
    for (let number = 1; ; number++) {
      const free = number === 1 ? name : `${name}${number}`
      if (!(free in this.components)) return free
    }
  }
}

/** What its comment says, in one line. */
export function describe(symbol: Symbol, checker: Checker): { readonly description?: string } {
  const text = symbol.getDocumentationComment(checker).replaceAll(/\s+/g, ' ').trim()
  return text === '' ? {} : { description: text }
}
