import { constants } from 'node:os'
import { KeeperError } from './errors.ts'
import { ROLES } from './protocol.ts'
import type { ChildSpec, Request } from './protocol.ts'

type Fields = Readonly<Record<string, unknown>>

/** Parses a line into a request. @throws KeeperError keeper.bad-request */
export function parseRequest(value: unknown): Request {
  const fields = fieldsOf(value, 'request')
  const id = integer(fields, 'id')
  switch (fields['op']) {
    case 'listen':
      return { id, op: 'listen', name: name(fields), host: text(fields, 'host'), port: integer(fields, 'port', 65_535) }
    case 'spawn':
      return { id, op: 'spawn', spec: parseSpec(fields['spec']) }
    case 'signal': {
      const signal = text(fields, 'signal')
      if (!(signal in constants.signals)) throw bad(`signal: ${signal} is none`)
      return {
        id,
        op: 'signal',
        name: name(fields),
        signal: signal as NodeJS.Signals, // just looked up
        group: fields['group'] === true,
        final: fields['final'] === true,
      }
    }
    case 'forget':
      return { id, op: 'forget', name: name(fields) }
    case 'unlisten':
      return { id, op: 'unlisten', name: name(fields) }
    case 'shutdown':
      return { id, op: 'shutdown', graceMs: integer(fields, 'graceMs') }
    case 'list':
      return { id, op: 'list' }
    case 'events':
      return { id, op: 'events' }
    default:
      throw bad('op: expected listen, unlisten, spawn, signal, list, forget, events or shutdown')
  }
}

/** Parses what describes a child, from a request or from the record. @throws KeeperError keeper.bad-request */
export function parseSpec(value: unknown): ChildSpec {
  const fields = fieldsOf(value, 'spec')
  const role = ROLES.find((role) => role === fields['role'])
  if (!role) throw bad(`role: expected one of ${ROLES.join(', ')}`)
  const [program, ...rest] = texts(fields, 'argv')
  if (!program) throw bad('argv: expected a program')
  const env = fieldsOf(fields['env'], 'env')
  if (!Object.values(env).every((value) => typeof value === 'string')) throw bad('env: expected texts')
  const output = text(fields, 'output')
  const cwd = text(fields, 'cwd')
  if (!output.startsWith('/') || !cwd.startsWith('/')) throw bad('output, cwd: expected absolute paths')
  const account = fields['account'] === undefined ? undefined : fieldsOf(fields['account'], 'account')
  const respawn = fields['respawn'] === undefined ? undefined : fieldsOf(fields['respawn'], 'respawn')
  return {
    name: name(fields),
    role,
    argv: [program, ...rest],
    cwd,
    env: env as Record<string, string>, // just looked at
    output,
    ...(account ? { account: { uid: integer(account, 'uid'), gid: integer(account, 'gid') } } : {}),
    ...(fields['sockets'] === undefined ? {} : { sockets: texts(fields, 'sockets') }),
    ...(respawn ? { respawn: { minMs: integer(respawn, 'minMs'), maxMs: integer(respawn, 'maxMs') } } : {}),
  }
}

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${what}: expected an object`)
  return value as Fields
}

/** Names appear in arguments and paths. */
export function name(fields: Fields): string {
  const value = text(fields, 'name')
  if (!/^[\w@.:-]{1,200}$/.test(value)) throw bad(`name: letters, digits and @.:_- only, got ${JSON.stringify(value)}`)
  return value
}

export function text(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw bad(`${key}: expected a text`)
  return value
}

export function integer(fields: Fields, key: string, max = Number.MAX_SAFE_INTEGER): number {
  const value = fields[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw bad(`${key}: expected a whole number from 0 to ${max}`)
  }
  return value
}

function texts(fields: Fields, key: string): string[] {
  const value = fields[key]
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) throw bad(`${key}: expected texts`)
  return value
}

const bad = (message: string): KeeperError => new KeeperError('keeper.bad-request', message)
