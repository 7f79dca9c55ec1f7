import { spawn, type ChildProcess } from 'node:child_process'
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { Problem } from '../../core/problem.ts'
import { joinWords } from '../../core/words.ts'
import type { Reach } from '../api/reach.ts'
import { BECAUSE } from './far-end.ts'
import { joinPipes } from './pipes.ts'

/** An engine that does not answer would otherwise keep a call waiting for its whole limit. */
const UP_MS = 30_000
/** How often the far end is asked whether it is there, and how long it may leave that unanswered. */
const BEAT_MS = 15_000
const SILENT_MS = 45_000
const LINES_KEPT = 10
const LINE_CHARACTERS_MAX = 500
/** From the end of its stdin to SIGKILL. */
const END_MS = 2_000

export interface BridgeOptions {
  /** What the command gets of the environment: its own settings, keys and contexts are found there. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long the far end may take to answer. @default 30 s */
  readonly upMs?: number
  /**
   * How long it may be silent once it has answered: a command may outlive what it led to, such as `kubectl exec` its pod. An
   * outage of half a minute is waited for. @default 45 s
   */
  readonly silentMs?: number
}

/** Has one child at most, started when it is first needed. */
export interface Bridge extends Reach, Disposable {
  /** Ends the child by the end of its stdin, which ends the other end as well. */
  close(): void
}

/**
 * Control over the stdin and stdout of a command that runs the far end, such as `docker exec -i`. Calls and event streams share
 * the one child, each with a stream of its own. One that never came up is a Problem at once; one that is lost later (the
 * container was restarted) is an ECONNRESET, and the next connection starts another.
 * @throws nothing here: connections fail with Problem `environment.unreachable` `target.tool-missing`
 */
export function openBridge(command: readonly [program: string, ...args: string[]], options: BridgeOptions): Bridge {
  let line: Line | null = null
  let hasBeenUp = false
  let isClosed = false
  const close = (): void => {
    isClosed = true
    line?.close()
  }
  return {
    place: joinWords(command),
    connect: (timeoutMs) => {
      if (isClosed) throw new Error('the bridge is closed')
      const failure = line?.failure() ?? null
      if (failure !== null && !hasBeenUp) throw failure
      if (line === null || failure !== null)
        line = startLine(command, { ...options, isSecond: hasBeenUp, onUp: () => (hasBeenUp = true) })
      return line.open(timeoutMs)
    },
    close,
    [Symbol.dispose]: close,
  }
}

interface Line {
  /** Why it has ended; null while it has not. */
  failure(): Error | null
  open(timeoutMs: number): Duplex
  close(): void
}

function startLine(
  command: readonly [string, ...string[]],
  options: BridgeOptions & { readonly isSecond: boolean; readonly onUp: () => void },
): Line {
  const { env, upMs = UP_MS, silentMs = SILENT_MS, isSecond, onUp } = options
  // A group of its own: Ctrl-C is for us alone, who may have to ask control for something yet.
  const child = spawn(command[0], command.slice(1), { env, stdio: 'pipe', detached: true })
  const lastLines = keepLines(child)
  const streams = new Set<ClientHttp2Stream>()
  let isUp = false
  let over: Error | null = null
  const session = sessionOver(child)
  const tooLate = setTimeout(() => end(`has not answered within ${upMs} ms`), upMs)
  let beating: NodeJS.Timeout | undefined
  session.once('remoteSettings', () => {
    clearTimeout(tooLate)
    isUp = true
    onUp()
    beating = beat(session, silentMs, () => end(`has not answered for ${silentMs} ms`))
  })

  const end = (because: string, problem = ended(command, because, lastLines)): void => {
    if (over !== null) return
    over = isUp || isSecond ? Object.assign(new Error(because, { cause: problem }), { code: 'ECONNRESET' }) : problem
    for (const stream of streams) stream.destroy(over)
    close()
  }
  const close = (): void => {
    clearTimeout(tooLate)
    clearInterval(beating)
    session.destroy()
    child.stdin.end()
    if (child.exitCode !== null || child.signalCode !== null) return
    const late = setTimeout(() => child.kill('SIGKILL'), END_MS)
    child.once('close', () => clearTimeout(late))
  }
  child.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') end(error.message, missing(command[0]))
    else end(error.message)
  })
  // After its last line, so that the reason is complete.
  child.once('close', (code, signal) => end(`ended with ${signal ?? `code ${code}`}`))
  // Such as a program that prints something else.
  session.once('error', (error) => end(`does not speak as it should: ${error.message}`))
  session.once('goaway', (code) => end(`does not speak as it should: code ${code}`))
  session.once('close', () => end('does not speak as it should'))

  return {
    failure: () => over,
    open: (timeoutMs) => {
      const stream = session.request({ ':method': 'CONNECT', ':authority': 'control' })
      streams.add(stream)
      stream.setTimeout(timeoutMs)
      stream.once('close', () => streams.delete(stream))
      // Heard before whoever asked for the connection hears it.
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code?.startsWith('ERR_HTTP2')) error.code = 'ECONNRESET'
      })
      stream.once('response', ({ ':status': status, [BECAUSE]: code }) => {
        if (status !== 200) stream.destroy(Object.assign(new Error('nobody listens there'), { code: code as string }))
      })
      return stream
    },
    close,
  }
}

function sessionOver(child: ChildProcess): ClientHttp2Session {
  return connect('http://control', { createConnection: () => joinPipes(child.stdout!, child.stdin!) })
}

/** Asks again and again; calls `lost` when no answer has come for so long. */
function beat(session: ClientHttp2Session, silentMs: number, lost: () => void): NodeJS.Timeout {
  let heardMs = performance.now()
  return setInterval(
    () => {
      if (performance.now() - heardMs > silentMs) return lost()
      session.ping((error) => {
        if (error === null) heardMs = performance.now()
      })
    },
    Math.min(BEAT_MS, silentMs / 3),
  ).unref()
}

function keepLines(child: ChildProcess): readonly string[] {
  const lines: string[] = []
  createInterface({ input: child.stderr! }).on('line', (text) => {
    lines.push(text.slice(0, LINE_CHARACTERS_MAX))
    if (lines.length > LINES_KEPT) lines.shift()
  })
  return lines
}

function ended(command: readonly string[], because: string, lastLines: readonly string[]): Problem {
  return new Problem('environment.unreachable', `\`${joinWords(command)}\`, the way to control, ${because}`, {
    hint: 'Its own last lines say why: the container has to be there and to run. `seaworthy up` sees to both.',
    details: lastLines.filter((text) => text !== '').map((text) => `| ${text}`),
  })
}

function missing(program: string): Problem {
  return new Problem('target.tool-missing', `there is no program '${program}' on this machine`, {
    hint: `Install ${program}, or put it on the PATH.`,
  })
}
