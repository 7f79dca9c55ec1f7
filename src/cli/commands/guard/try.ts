import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { connectControl } from '../../../control/api/client.ts'
import { tryRequest, type TriedRequest, type TriedVerdict } from '../../../control/guard/check.ts'
import { guardPolicyOf } from '../../../control/guard/policy.ts'
import { messageOf, Problem } from '../../../core/problem.ts'
import { socketPath } from '../../../keeper/paths.ts'
import { environmentCommand, globalsOf, openProjectOf, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson, table } from '../../output.ts'
import type { Project } from '../../project.ts'
import { wayTo } from '../../way.ts'
import { requestOfBytes, requestOfFlags, requestsOfHar, REQUESTS_MAX } from '../../tried-requests.ts'

interface Options {
  readonly method?: string
  readonly path?: string
  readonly header: readonly string[]
  readonly body?: string
  readonly client: string
  readonly har?: string
  readonly raw?: string
}

const DESCRIPTION =
  'What the guard says of a request that is not sent, part by part; ends with 1 when it would be refused.'

export const tryCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand('try', DESCRIPTION)
    .option('--method <method>', 'default: GET, or POST with --body')
    .option('--path <path>', 'path and query')
    .option('--header <line>', "'Name: value'; may be given again", (line, all: string[]) => [...all, line], [])
    .option('--body <text>', "the body, or '@file'")
    .option('--client <address>', 'who asks', '192.0.2.1')
    .option('--har <file>', `the requests of a HAR file, the first ${REQUESTS_MAX}`)
    .option('--raw <file>', 'a request as it goes over the wire')
    .addHelpText(
      'after',
      `
Without a running environment the config alone is asked: nothing is known of blocks and counts then.

Examples:
  seaworthy guard try --path "/search?q=1' OR 1=1--"
  seaworthy guard try --path /api/notes --header 'content-type: application/json' --body @note.json
  seaworthy guard try production --har session.har`,
    )
    .action(async (environment: string | undefined, options: Options) => {
      const requests = requestsOf(options)
      const project = await openProjectOf(command, environment)
      const verdicts: { readonly request: TriedRequest; readonly verdict: TriedVerdict }[] = []
      using asked = await askerFor(project)
      for (const request of requests) verdicts.push({ request, verdict: await asked.ask(request) })
      if (verdicts.some(({ verdict }) => verdict.status !== null)) onExitCode(1)
      if (globalsOf(command).json)
        return printJson(verdicts.map(({ request, verdict }) => ({ ...nameOf(request), ...verdict })))
      for (const { request, verdict } of verdicts) print(describe(request, verdict))
    })
  return command
}

function requestsOf({ method, path, header, body, client, har, raw }: Options): readonly TriedRequest[] {
  if (isIP(client) === 0) throw new Problem('cli.usage', `--client ${client} is no address`)
  if ([path, har, raw].filter((one) => one !== undefined).length !== 1)
    throw new Problem('cli.usage', 'give one of --path, --har and --raw')
  if (har !== undefined) return requestsOfHar(bytesOf('--har', har).toString(), client)
  if (raw !== undefined) return [requestOfBytes(bytesOf('--raw', raw), client)]
  const text = body?.startsWith('@') ? bytesOf('--body', body.slice(1)).toString() : body
  return [
    requestOfFlags(
      {
        path: path!,
        header,
        ...(method === undefined ? {} : { method }),
        ...(text === undefined ? {} : { body: text }),
      },
      client,
    ),
  ]
}

function bytesOf(option: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Problem('cli.usage', `${option}: ${messageOf(error)}`)
  }
}

interface Asker extends Disposable {
  ask(request: TriedRequest): Promise<TriedVerdict>
}

/** Control where there is one, which knows blocks and counts; else the config. */
async function askerFor(project: Project): Promise<Asker> {
  const { app, stateFolder } = project
  if (app.target !== 'process' || existsSync(socketPath(stateFolder, 'control'))) {
    const way = await wayTo(project)
    const control = connectControl(way.to, { awayMs: 0 })
    const close = (): void => {
      control.close()
      way[Symbol.dispose]()
    }
    try {
      await control.call('lease.look', {})
      return {
        ask: (request) => control.call('guard.check', { request, by: whoAmI() }),
        [Symbol.dispose]: close,
      }
    } catch (error) {
      close()
      if (!(error instanceof Problem && /^environment\.(?:down|unreachable)$/.test(error.code))) throw error
    }
  }
  const policy = guardPolicyOf({ config: app }, '')!
  return {
    ask: (request) => tryRequest(policy, request, { refusalOf: null, risk: 0, limits: null }),
    [Symbol.dispose]: () => {},
  }
}

function nameOf({ method, target, client }: TriedRequest): { readonly [name: string]: string } {
  return { method, target, client }
}

function describe({ method, target }: TriedRequest, { status, steps, evidence, score, blockAt }: TriedVerdict): string {
  const outcome = status === null ? 'goes on to its service' : `is refused with ${status}`
  const rows = steps.map((step) => [
    `  ${step.part}`,
    step.status === null ? 'lets go on' : String(step.status),
    step.says,
  ])
  const proofs = evidence.map((one) => ['  ', `${one.score}`, one.rule, `${one.location} ${one.name}`, one.excerpt])
  const scored =
    proofs.length === 0 ? [] : [`  evidence: ${score} of the ${blockAt} from which it is refused`, table(proofs)]
  return [`${method} ${target} ${outcome}`, table(rows), ...scored].join('\n')
}
