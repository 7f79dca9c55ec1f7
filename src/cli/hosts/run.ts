import { fork, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { print } from '../output.ts'
import type { How } from './how.ts'
import { TOGETHER_VARIABLE } from './peers.ts'
import { HOST_VARIABLE, nameOfHost } from './several-hosts.ts'
import { Together, type FromHost, type Told } from './together.ts'

export interface ForHosts {
  readonly argv: readonly string[]
  readonly hosts: readonly string[]
  readonly json: boolean
}

/** Runs a command for each host, as a command of its own. Returns the first exit code that is not 0. */
export async function runFor(how: How, asked: ForHosts): Promise<number> {
  using signals = holdSignals()
  if (how !== 'in-turn') return await runAtOnce(how, asked)
  const codes: number[] = []
  for (const host of asked.hosts) {
    // Who interrupts it means all of it.
    if (signals.came) break
    print(`── ${nameOfHost(host)}`)
    codes.push(await ended(start(host, asked.argv, { stdio: 'inherit' }), false))
  }
  return worst(codes)
}

async function runAtOnce(how: How, { argv, hosts, json }: ForHosts): Promise<number> {
  const together = how === 'together' ? new Together(hosts.map(nameOfHost)) : null
  const children = new Map<string, ChildProcess>()
  const carry = (told: readonly Told[]): void => {
    for (const { host, message } of told) {
      const child = children.get(host)!
      // One that ends meanwhile needs no word any more.
      if (child.connected) child.send(message, () => {})
    }
  }
  if (together !== null) interrupted.add(together)
  try {
    const codes = hosts.map(async (host) => {
      const name = nameOfHost(host)
      const child = start(host, argv, { stdio: 'pipe', together: together !== null })
      children.set(name, child)
      child.on('message', (message: FromHost) => carry(together?.heard(name, message) ?? []))
      const shown = [
        relay(child.stdout!, process.stdout, { name, json }),
        relay(child.stderr!, process.stderr, { name }),
      ]
      const code = await ended(child, true)
      await Promise.all(shown)
      carry(together?.ended(name, code) ?? [])
      return code
    })
    return worst(await Promise.all(codes))
  } finally {
    if (together !== null) interrupted.delete(together)
  }
}

function start(
  host: string,
  argv: readonly string[],
  { stdio, together = false }: { readonly stdio: 'inherit' | 'pipe'; readonly together?: boolean },
): ChildProcess {
  return fork(process.argv[1]!, argv, {
    env: { ...process.env, [HOST_VARIABLE]: host, [TOGETHER_VARIABLE]: together ? '1' : '' },
    // A terminal's Ctrl-C would reach them beside what is passed on, and the second one ends a command at once.
    detached: stdio === 'pipe',
    stdio: stdio === 'inherit' ? ['inherit', 'inherit', 'inherit', 'ipc'] : ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

/** Each line behind its host's name; of JSON, with the host in it. */
async function relay(
  from: Readable,
  to: NodeJS.WritableStream,
  { name, json = false }: { readonly name: string; readonly json?: boolean },
): Promise<void> {
  for await (const line of createInterface({ input: from })) {
    to.write(json ? `${withHost(line, name)}\n` : `${name} │ ${line}\n`)
  }
}

function withHost(line: string, host: string): string {
  try {
    return JSON.stringify({ host, ...(JSON.parse(line) as object) })
  } catch {
    return line
  }
}

function ended(child: ChildProcess, isApart: boolean): Promise<number> {
  running.set(child, isApart)
  return new Promise((resolve) => {
    const end = (code: number): void => {
      running.delete(child)
      resolve(code)
    }
    child.once('error', () => end(1))
    child.once('close', (code) => end(code ?? 1))
  })
}

function worst(codes: readonly number[]): number {
  return codes.find((code) => code !== 0) ?? 0
}

const interrupted = new Set<Together>()
/** Whether each is apart from this terminal. */
const running = new Map<ChildProcess, boolean>()

/** Those of the hosts end by themselves, and this command after them. */
function holdSignals(): Disposable & { readonly came: boolean } {
  let came = false
  const passOn = (signal: NodeJS.Signals): void => {
    came = true
    for (const together of interrupted) together.left()
    // One that has this terminal has heard of Ctrl-C already.
    for (const [child, isApart] of running) if (isApart || signal !== 'SIGINT') child.kill(signal)
  }
  process.on('SIGINT', passOn)
  process.on('SIGTERM', passOn)
  return {
    get came() {
      return came
    },
    [Symbol.dispose]: () => {
      process.off('SIGINT', passOn)
      process.off('SIGTERM', passOn)
    },
  }
}
