import { randomUUID } from 'node:crypto'
import { dirname, extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Problem } from '../../../core/problem.ts'
import type { Destinations, FromThread, LogCalls, ThreadOptions, ToThread } from './messages.ts'

/** More questions than this at once are refused. */
const CALLS_MAX = 256
const RESTART_MS = 1_000

export interface LogThreadOptions extends Omit<ThreadOptions, 'epoch'> {
  /** The secrets to be taken out of an output. Asked once for each, before its first line is read. */
  readonly secretsOf: (output: string) => readonly Readonly<Record<string, string>>[]
  readonly onTrouble: (what: string) => void
  /** A file was damaged and has been put aside. @default onTrouble */
  readonly onDamaged?: (what: string) => void
}

interface Call {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Logs and traces, kept by a thread of their own. One that dies is started again. */
export class LogThread {
  readonly #options: LogThreadOptions
  readonly #calls = new Map<number, Call>()
  #worker: Worker | null = null
  #last = 0
  #sent: string | null = null
  #isClosed = false

  constructor(options: LogThreadOptions) {
    this.#options = options
    this.#start()
  }

  /** @throws Problem `logs.busy` when too many ask, and what the method says */
  call<M extends keyof LogCalls>(method: M, input: LogCalls[M]['input']): Promise<LogCalls[M]['output']> {
    const worker = this.#worker
    if (worker === null || this.#calls.size >= CALLS_MAX) return Promise.reject(busy())
    const call = ++this.#last
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve: resolve as (result: unknown) => void, reject })
      worker.postMessage({ call, method, input } satisfies ToThread, [])
    })
  }

  /** Where lines and traces go besides; the thread is only told of changes, and of all when it was started again. */
  async send(to: Destinations): Promise<void> {
    const text = JSON.stringify(to)
    if (this.#sent === text) return
    await this.call('send', to)
    this.#sent = text
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    if (worker === null) return
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage({ close: true } satisfies ToThread, [])
    await ended
  }

  #start(): void {
    const { stateFolder, keepMs, bytesMax } = this.#options
    const workerData: ThreadOptions = {
      stateFolder,
      epoch: randomUUID(),
      ...(keepMs === undefined ? {} : { keepMs }),
      ...(bytesMax === undefined ? {} : { bytesMax }),
    }
    const file = join(dirname(import.meta.filename), `main${extname(import.meta.filename)}`)
    const worker = new Worker(file, { workerData, name: 'logs' })
    this.#worker = worker
    worker.on('message', (message: FromThread) => this.#hear(worker, message))
    worker.on('error', (error) => this.#options.onTrouble(String(error)))
    worker.once('exit', () => {
      this.#worker = null
      this.#sent = null
      for (const { reject } of this.#calls.values()) reject(busy())
      this.#calls.clear()
      if (!this.#isClosed) setTimeout(() => this.#isClosed || this.#start(), RESTART_MS)
    })
  }

  #hear(worker: Worker, message: FromThread): void {
    if ('trouble' in message) return this.#options.onTrouble(message.trouble)
    if ('damaged' in message) return (this.#options.onDamaged ?? this.#options.onTrouble)(message.damaged)
    if ('output' in message) return this.#tellSecrets(worker, message.output)
    const call = this.#calls.get(message.call)
    this.#calls.delete(message.call)
    if ('result' in message) call?.resolve(message.result)
    else if ('problem' in message) call?.reject(Problem.fromJSON(message.problem))
    else call?.reject(new Error(message.error))
  }

  /** Where they cannot be read, the output is not either: it waits, and is asked for again with the next thread. */
  #tellSecrets(worker: Worker, output: string): void {
    try {
      worker.postMessage({ output, secrets: this.#options.secretsOf(output) } satisfies ToThread, [])
    } catch (error) {
      this.#options.onTrouble(`the secrets of ${output} cannot be read: ${String(error)}`)
    }
  }
}

function busy(): Problem {
  return new Problem('logs.busy', 'the logs cannot be asked right now', { hint: 'Try again in a moment.' })
}
