import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_MS = 30_000
const ANSWER_MS = 20_000
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1200,900',
  '--remote-debugging-port=0',
]

/** A page in Debian's Chromium, driven over its DevTools protocol. Disposing it ends the browser and its profile. */
export interface Page extends AsyncDisposable {
  /** The value of an expression in the page; promises are awaited. It must be JSON. */
  evaluate<T>(expression: string): Promise<T>
  /** What the page logged as errors or threw. */
  readonly errors: readonly string[]
  screenshot(): Promise<Buffer>
}

/** Opens an address in a browser of its own, with a fresh profile. @throws Error when there is no Chromium. */
export async function openPage(url: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'seaworthy-chromium-'))
  // A group of its own: a browser is many processes, and all of them end with it.
  const browser = spawn('chromium', [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const closed = new Promise<void>((resolve) => browser.once('close', () => resolve()))
  const end = async (): Promise<void> => {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL')
    await closed
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  try {
    const address = await debuggerOf(browser)
    const targets = (await (await fetch(`http://127.0.0.1:${address.port}/json/list`)).json()) as readonly {
      type: string
      webSocketDebuggerUrl: string
    }[]
    const wire = await connect(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl)
    await wire.send('Runtime.enable')
    await wire.send('Log.enable')
    await wire.send('Page.enable')
    await wire.send('Page.navigate', { url })
    return {
      errors: wire.errors,
      evaluate: async <T>(expression: string) => {
        const { result, exceptionDetails } = (await wire.send('Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } }
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression)
        return result.value
      },
      screenshot: async () => {
        const { data } = (await wire.send('Page.captureScreenshot', { format: 'png' })) as { data: string }
        return Buffer.from(data, 'base64')
      },
      [Symbol.asyncDispose]: async () => {
        wire.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

function debuggerOf(browser: ReturnType<typeof spawn>): Promise<URL> {
  return new Promise((resolve, reject) => {
    let said = ''
    const late = setTimeout(() => reject(new Error(`Chromium did not start: ${said}`)), START_MS)
    browser.stderr!.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000)
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
      if (address === undefined) return
      clearTimeout(late)
      resolve(new URL(address))
    })
    browser.once('error', (error) => {
      clearTimeout(late)
      reject(error)
    })
  })
}

interface Wire {
  readonly errors: readonly string[]
  send(method: string, params?: object): Promise<unknown>
  close(): void
}

interface Message {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
  readonly method?: string
  readonly params?: {
    readonly exceptionDetails?: { readonly text: string }
    readonly entry?: { readonly level: string; readonly text: string }
  }
}

async function connect(url: string): Promise<Wire> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  const errors: string[] = []
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.params?.exceptionDetails) errors.push(message.params.exceptionDetails.text)
    if (message.params?.entry?.level === 'error') errors.push(message.params.entry.text)
    const asked = message.id === undefined ? undefined : waiting.get(message.id)
    if (message.error) asked?.reject(new Error(message.error.message))
    else asked?.resolve(message.result)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('the browser does not answer')), { once: true })
  })
  return {
    errors,
    close: () => socket.close(),
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = ++last
        const late = setTimeout(() => reject(new Error(`${method}: no answer within ${ANSWER_MS} ms`)), ANSWER_MS)
        waiting.set(id, {
          resolve: (result) => {
            clearTimeout(late)
            waiting.delete(id)
            resolve(result)
          },
          reject: (error) => {
            clearTimeout(late)
            waiting.delete(id)
            reject(error)
          },
        })
        socket.send(JSON.stringify({ id, method, params }))
      }),
  }
}
