import { stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { messageOf, Problem } from '../../core/problem.ts'
import { createNetListener } from '../adapters/net-listener.ts'
import { plainAnswer } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { createRouter } from '../router.ts'
import { answerFile } from '../stages/static-files.ts'

/** As the gateway in front keeps its connections by default. */
const IDLE_MS = 60_000

export interface FileServerOptions {
  readonly folder: string
  /** Where the folder is mounted: what the gateway sends here still has its host and its whole path. */
  readonly routes: readonly { readonly host: string | null; readonly path: string }[]
  readonly listen: { readonly host: string; readonly port: number }
  /** Told of what is our own fault; the client got a 500. */
  readonly onBug: (message: string) => void
}

export interface FileServer {
  readonly address: AddressInfo
  /** Accepts nothing more; resolves when every connection has ended. */
  retire(): Promise<void>
}

/**
 * Serves a static service where the gateway cannot reach its files: in a container of its own. Paths, conditions, ranges and
 * cache rules are the gateway's; what guards and measures a request stays in the gateway in front.
 * @throws Problem `files.no-folder`
 */
export async function startFileServer({ folder, routes, listen, onBug }: FileServerOptions): Promise<FileServer> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) {
    throw new Problem('files.no-folder', `${folder} is no folder: there is nothing to serve`, {
      hint: "Check the service's `static`, and that its build makes that folder.",
    })
  }
  const router = createRouter(
    routes.map((route) => ({ ...route, service: 'files' })),
    [],
  )
  const listener = createNetListener({
    onExchange: (exchange) => {
      answer(exchange, folder, router).then(
        (given) => send(exchange, given),
        (error: unknown) => {
          onBug(messageOf(error))
          send(exchange, plainAnswer(500, 'The file could not be read.'))
        },
      )
    },
    onRefused: () => [],
  })
  return { address: await listener.listen(listen), retire: () => listener.retire() }
}

async function answer(exchange: Exchange, folder: string, router: ReturnType<typeof createRouter>): Promise<Answer> {
  const { fault, host, path } = exchange.head
  if (fault !== null) return plainAnswer(fault.status, fault.reason)
  const found = router.route(host, path)
  if (found === null) return plainAnswer(404, 'Nothing is served here.')
  const backend = { kind: 'files', root: folder, release: '' } as const
  exchange.place = { service: found.service, backend, prefix: found.path, options: null }
  return answerFile(exchange, folder)
}

function send(exchange: Exchange, given: Answer): void {
  exchange.client.send(given, { idleMs: IDLE_MS }, () => exchange.end())
}
