import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connectControl, type ControlClient } from '../../src/control/api/client.ts'
import type { Status } from '../../src/control/api/contract.ts'
import { socketPath } from '../../src/keeper/paths.ts'

export const root = join(import.meta.dirname, '..', '..')

/** From the end of `stop` to the end of the keeper's process. */
const EXIT_WITHIN_MS = 10_000

export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A throwaway project with one service, its environment and its processes; disposing it ends and checks all of them. */
export class TestProject implements AsyncDisposable {
  readonly folder: string
  readonly stateFolder: string
  /** The CLI that is run; a test may have a copy of it. */
  program = join(root, 'bin/seaworthy.js')
  #control: ControlClient | null = null

  /** @param state the folder that the config names for the environment `local`, when it names one */
  constructor(config: object, files: Readonly<Record<string, string>> = {}, state = '.seaworthy/local') {
    this.folder = mkdtempSync(join(tmpdir(), 'seaworthy-test-'))
    this.stateFolder = resolve(this.folder, state)
    cpSync(join(root, 'test/fixtures/services/plain.mjs'), join(this.folder, 'plain.mjs'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text)
    this.configure(config)
  }

  configure(config: object): void {
    writeFileSync(join(this.folder, 'seaworthy.config.json'), JSON.stringify(config))
  }

  /** Runs the CLI as a user would. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    return this.start(args, env).ended
  }

  start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { readonly pid: number; readonly ended: Promise<CommandResult> } {
    const child = spawn(process.execPath, [this.program, ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH']!, HOME: process.env['HOME'] ?? '/', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const ended = new Promise<CommandResult>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    )
    return { pid: child.pid!, ended }
  }

  /** Like `run`, but a failure is an error with everything the command said. */
  async must(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    const result = await this.run(args, env)
    if (result.code !== 0)
      throw new Error(
        `seaworthy ${args.join(' ')} ended with ${result.code ?? result.signal}:\n${result.stdout}\n${result.stderr}`,
      )
    return result
  }

  get control(): ControlClient {
    this.#control ??= connectControl(socketPath(this.stateFolder, 'control'))
    return this.#control
  }

  status(): Promise<Status> {
    return this.control.call('status', {})
  }

  async port(): Promise<number> {
    return Number(new URL((await this.status()).url).port)
  }

  log(name: string): string {
    const file = join(this.stateFolder, 'logs', `${name}.log`)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.stateFolder)) await this.run(['stop'])
    this.#control?.close()
    const places = [this.folder, this.stateFolder]
    // `stop` returns when the keeper has closed its connections: its process is gone a moment later.
    await until(() => processesMentioning(...places).length === 0, 'processes to end', EXIT_WITHIN_MS).catch(() => {})
    const left = processesMentioning(...places)
    for (const { pid } of left) process.kill(pid, 'SIGKILL')
    await until(() => processesMentioning(...places).length === 0, 'processes to end')
    rmSync(this.folder, { recursive: true, force: true })
    for (const { pid, command } of left) leftBehind.push(`${pid} ${command}`)
  }
}

/** Fails the file when its tests have ended: thrown while a test fails, it would hide why that failed. */
const leftBehind: string[] = []
process.on('exit', () => {
  if (leftBehind.length === 0) return
  console.error(`left behind:\n${leftBehind.join('\n')}`)
  process.exitCode = 1
})

/** Processes whose command line, folder or environment names one of the paths; our own excepted. */
export function processesMentioning(
  ...paths: readonly string[]
): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({
      pid: Number(name),
      command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
      // A program may write its title over its environment: nginx does. Its folder stays.
      places: [read(`/proc/${name}/environ`), linkOf(`/proc/${name}/cwd`)],
    }))
    .filter(
      ({ command, places }) =>
        command !== '' && [command, ...places].some((place) => paths.some((path) => place.includes(path))),
    )
    .map(({ pid, command }) => ({ pid, command }))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Waits for a condition, looking often; a deadline turns waiting into a failure that says for what. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 30_000,
  everyMs = 25,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** A config with one service made of plain.mjs; everything can be overridden. */
export function plainConfig(
  options: { env?: Record<string, string>; service?: object; environment?: object; services?: object } = {},
): object {
  return {
    name: 'plain',
    services: {
      api: {
        start: 'node plain.mjs',
        routes: ['/'],
        health: { ready: '/health/readiness', interval: '1s', deadline: '20s' },
        env: { NAME: 'v1', ...options.env },
        grace: '5s',
        ...options.service,
      },
      ...options.services,
    },
    gateway: { listen: { http: 0 }, accessLog: false },
    environments: {
      local: { target: 'process', watch: { for: '1s', warm: '10min' }, drain: '2s', ...options.environment },
    },
  }
}
