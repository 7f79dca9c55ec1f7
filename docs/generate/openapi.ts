import { join } from 'node:path'
import { API, SymbolFlags, type Symbol } from 'typescript/unstable/sync'
import { ON_RECORD_ELSEWHERE, READING } from '../../src/control/audit/recorded.ts'
import { livePath, type LiveTypes } from './openapi-live.ts'
import { LIVE_PATH } from '../../src/control/api/live-events.ts'
import { describe, SchemaWriter } from './openapi-schema.ts'

const root = join(import.meta.dirname, '..', '..')
const reading: ReadonlySet<string> = new Set(READING)
const CALLER = 'Changes something: for the owner of the socket, who is the operator.'

/** The control API as OpenAPI 3.1, read from the types of contract.ts by the compiler itself. */
export function openApiPage(): string {
  const api = new API({ cwd: root })
  try {
    const snapshot = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] })
    const project = snapshot.getProjects()[0]!
    const { checker, program } = project
    const exported = (path: string, name: string): Symbol => {
      const file = program.getSourceFile(join(root, path))!
      const found = checker
        .getExportsOfModule(checker.getSymbolAtLocation(file)!)
        .find((symbol) => symbol.name === name && symbol.flags & SymbolFlags.Interface)
      if (found === undefined) throw new Error(`${path} has no interface ${name}`)
      return found
    }
    const writer = new SchemaWriter(checker)
    const problem = writer.of(
      checker.getDeclaredTypeOfSymbol(exported('src/core/problem.ts', 'ProblemJson')),
      'ProblemJson',
    )
    const refusal = (description: string): object => ({
      description,
      content: { 'application/json': { schema: problem } },
    })
    const contract = checker.getDeclaredTypeOfSymbol(exported('src/control/api/contract.ts', 'Contract'))
    const methods = checker
      .getPropertiesOfType(contract)
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map((method) => {
        const { name } = method
        const type = checker.getTypeOfSymbol(method)!
        const schemaOf = (part: 'input' | 'output'): object =>
          writer.of(checker.getTypeOfSymbol(checker.getPropertyOfType(type, part)!)!, `${name} ${part}`)
        const said = [describe(method, checker).description, isChanging(name) ? CALLER : undefined]
        const description = said.filter((text) => text !== undefined).join(' ')
        const operation = {
          operationId: name,
          tags: [name.split('.')[0]],
          ...(description === '' ? {} : { description }),
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf('input') } } },
          responses: {
            200: { description: 'Done.', content: { 'application/json': { schema: schemaOf('output') } } },
            400: refusal('The call is wrong.'),
            409: refusal('The world says no.'),
            500: refusal('A bug, which is in logs/control.log.'),
          },
        }
        return [`/v1/${name}`, { post: operation }] as const
      })
    const live = checker.getDeclaredTypeOfSymbol(exported('src/control/api/live-events.ts', 'LiveEvents'))
    const events: LiveTypes = checker.getPropertiesOfType(live).map((event) => ({
      name: event.name,
      description: describe(event, checker).description ?? '',
      schema: writer.of(checker.getTypeOfSymbol(event)!, event.name),
    }))
    const document = {
      openapi: '3.1.1',
      info: {
        title: 'Seaworthy control API',
        version: '1',
        description:
          'Spoken over the unix socket `control.sock` of an environment, which only its owner can open: ' +
          "`curl --unix-socket control.sock -d '{}' http://localhost/v1/status`.",
      },
      servers: [{ url: 'http://localhost', description: 'Over the unix socket.' }],
      paths: { ...Object.fromEntries(methods), [LIVE_PATH]: livePath(events, refusal) },
      components: { schemas: writer.components },
    }
    return `${JSON.stringify(document, null, 2)}\n`
  } finally {
    api.close()
  }
}

/** Some readings are on record themselves. */
export function isChanging(method: string): boolean {
  const elsewhere: Readonly<Record<string, string>> = ON_RECORD_ELSEWHERE
  return !reading.has(method) && !(elsewhere[method] ?? '').startsWith('changes nothing')
}
