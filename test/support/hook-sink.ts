import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedHook {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly atMs: number
}

/** A receiver of webhooks that keeps what it gets; what it answers can be changed at any time. */
export async function startHookSink() {
  const got: ReceivedHook[] = []
  let status = 200
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      if (status < 300)
        got.push({ path: request.url!, body: JSON.parse(text) as ReceivedHook['body'], atMs: Date.now() })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    got,
    answer: (next: number): void => void (status = next),
    /** Of one event on one path, oldest first. */
    of: (event: string, path = '/ops'): readonly ReceivedHook[] =>
      got.filter((each) => each.path === path && each.body['event'] === event),
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
