import type { Schema } from './openapi-schema.ts'

interface Document {
  readonly paths: Readonly<Record<string, { readonly post?: Operation }>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Operation {
  readonly operationId: string
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
}

const COMPONENTS = '#/components/schemas/'

/** What control checks calls by: of the OpenAPI document the inputs, and the types that they name. */
export function inputsPage(openApi: string): string {
  const { paths, components } = JSON.parse(openApi) as Document
  const types: Record<string, Schema> = {}
  const bare = (schema: Schema): Schema => {
    const { description: _, ...rest } = schema
    const each = (all: Readonly<Record<string, Schema>>): Record<string, Schema> =>
      Object.fromEntries(Object.entries(all).map(([name, one]) => [name, bare(one)]))
    if (rest.$ref !== undefined) {
      const name = rest.$ref.slice(COMPONENTS.length)
      if (types[name] === undefined) {
        types[name] = {}
        types[name] = bare(components.schemas[name]!)
      }
    }
    return {
      ...rest,
      ...(rest.anyOf === undefined ? {} : { anyOf: rest.anyOf.map(bare) }),
      ...(rest.properties === undefined ? {} : { properties: each(rest.properties) }),
      ...(rest.additionalProperties === undefined ? {} : { additionalProperties: bare(rest.additionalProperties) }),
      ...(rest.items === undefined || rest.items === false ? {} : { items: bare(rest.items) }),
      ...(rest.prefixItems === undefined ? {} : { prefixItems: rest.prefixItems.map(bare) }),
    }
  }
  const methods = Object.values(paths).flatMap(({ post }) =>
    post === undefined ? [] : [[post.operationId, bare(post.requestBody.content['application/json'].schema)] as const],
  )
  return `${JSON.stringify({ methods: Object.fromEntries(methods), types }, null, 2)}\n`
}
