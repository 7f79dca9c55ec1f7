import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedHook {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly atMs: number
}

export type HookSink = Awaited<ReturnType<typeof startHookSink>>

/** A receiver of webhooks that keeps what it takes; what it answers, or that it does not, can be changed at any time. */
export async function startHookSink() {
  const got: ReceivedHook[] = []
  const unanswered: ReceivedHook[] = []
  let status = 200
  let isSilent = false
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const hook = { path: request.url!, body: JSON.parse(text) as ReceivedHook['body'], atMs: Date.now() }
      if (isSilent) return void unanswered.push(hook)
      if (status < 300) got.push(hook)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    got,
    /** What it has read, and said nothing to. */
    unanswered,
    answer: (next: number): void => {
      status = next
      isSilent = false
    },
    /** It reads, and says nothing. */
    hang: (): void => void (isSilent = true),
    /** Of one event on one path, oldest first. */
    of: (event: string, path = '/ops'): readonly ReceivedHook[] =>
      got.filter((each) => each.path === path && each.body['event'] === event),
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
