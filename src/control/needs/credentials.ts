import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { Problem } from '../../core/problem.ts'
import { pickPort } from '../ports.ts'

/** Beside the range of instances, so that none of them takes a need's port while its server is down. */
const PORTS = { min: 18_000, max: 19_999 }
const PASSWORD_BYTES = 24

/** What a server that runs here is reached by, the same over all its restarts: services hold it. */
export interface Credentials {
  readonly kind: 'postgres' | 'redis' | 'kafka'
  /** Where an engine keeps it; absent: it is a child of ours, on 127.0.0.1. */
  readonly host?: string
  readonly port: number
  /** Of the account that services use. */
  readonly password: string
  /** Of the account that control looks after the server with. */
  readonly adminPassword: string
  /** The version that ran on the data last; null before the first time. */
  readonly ranVersion: string | null
}

/** `<state>/needs/<need>`: everything that belongs to a need, for its owner alone. */
export function needFolder(stateFolder: string, need: string): string {
  return join(stateFolder, 'needs', need)
}

/** Null: it has none yet. @throws Problem `need.credentials-unreadable` */
export function readCredentials(stateFolder: string, need: string): Credentials | null {
  const file = fileOf(stateFolder, need)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw unreadable(need, file)
  }
  const credentials = parse(text)
  if (credentials === null) throw unreadable(need, file)
  return credentials
}

function parse(text: string): Credentials | null {
  try {
    const value = JSON.parse(text) as Partial<Credentials> | null
    const { kind, host, port, password, adminPassword, ranVersion } = value ?? {}
    const isWhole =
      (kind === 'postgres' || kind === 'redis' || kind === 'kafka') &&
      (host === undefined || typeof host === 'string') &&
      Number.isInteger(port) &&
      typeof password === 'string' &&
      typeof adminPassword === 'string' &&
      (ranVersion === null || typeof ranVersion === 'string')
    return isWhole ? (value as Credentials) : null
  } catch {
    return null
  }
}

/** What the parser says is left out: it may quote a password. */
function unreadable(need: string, file: string): Problem {
  return new Problem('need.credentials-unreadable', `the credentials of ${need} cannot be read: ${file} is spoilt`, {
    hint: `Put the file back from a backup; its data were not touched, and ${need} goes on by itself.`,
  })
}

export function writeCredentials(stateFolder: string, need: string, credentials: Credentials): void {
  mkdirSync(needFolder(stateFolder, need), { recursive: true, mode: 0o700 })
  writeFileAtomic(fileOf(stateFolder, need), JSON.stringify(credentials, null, 2), { mode: 0o600 })
}

/** A free port and random passwords. */
export async function makeCredentials(kind: Credentials['kind'], taken: ReadonlySet<number>): Promise<Credentials> {
  const port = await pickPort('127.0.0.1', taken, PORTS)
  return { kind, port, ...makePasswords(), ranVersion: null }
}

export function makePasswords(): Pick<Credentials, 'password' | 'adminPassword'> {
  const password = (): string => randomBytes(PASSWORD_BYTES).toString('base64url')
  return { password: password(), adminPassword: password() }
}

/** Where a server is reached. */
export function addressOf({ host = '127.0.0.1', port }: Pick<Credentials, 'host' | 'port'>): string {
  return `${host}:${port}`
}

function fileOf(stateFolder: string, need: string): string {
  return join(needFolder(stateFolder, need), 'credentials.json')
}
