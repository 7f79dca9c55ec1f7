import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { note } from './note.ts'
import { fieldsOf, integer, name, parseSpec, text } from './requests.ts'
import { ROLES } from './protocol.ts'
import type { ChildSpec, ChildState, Exit, ProcessIdentity, SocketState } from './protocol.ts'

/** What the next keeper needs to know about a child. The spec only where it starts it again: an environment holds secrets. */
export interface ChildRecord extends Omit<ChildState, 'adopted'> {
  readonly spec?: ChildSpec
}

export interface KeeperRecord {
  readonly sockets: readonly SocketState[]
  readonly children: readonly ChildRecord[]
}

const EMPTY: KeeperRecord = { sockets: [], children: [] }

/** Reads what the keeper before left. What cannot be read counts as nothing and is kept as `<path>.broken`. */
export function readRecord(path: string, report = note): KeeperRecord {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY
    throw error
  }
  try {
    return parseRecord(JSON.parse(content))
  } catch (error) {
    renameSync(path, `${path}.broken`)
    report('error', 'the record is unreadable and set aside', { path: `${path}.broken`, error: String(error) })
    return EMPTY
  }
}

/** Replaces the file in one step. core/atomic-file.ts does the same, but the keeper imports nothing. */
export function writeRecord(path: string, record: KeeperRecord): void {
  const temporary = `${path}.${process.pid}.tmp`
  const bytes = Buffer.from(JSON.stringify(record, undefined, 1) + '\n')
  synced(temporary, 'w', (file) => {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
  })
  renameSync(temporary, path)
  synced(dirname(path), 'r', () => undefined)
}

function synced(path: string, flags: 'r' | 'w', act: (file: number) => void): void {
  const file = openSync(path, flags, 0o600)
  try {
    act(file)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function parseRecord(value: unknown): KeeperRecord {
  const { sockets, children } = fieldsOf(value, 'record')
  if (!Array.isArray(sockets) || !Array.isArray(children)) throw new Error('sockets, children: expected lists')
  return { sockets: sockets.map(parseSocket), children: children.map(parseChild) }
}

function parseSocket(value: unknown): SocketState {
  const fields = fieldsOf(value, 'socket')
  return { name: name(fields), host: text(fields, 'host'), port: integer(fields, 'port', 65_535) }
}

function parseChild(value: unknown): ChildRecord {
  const fields = fieldsOf(value, 'child')
  const role = ROLES.find((role) => role === fields['role'])
  if (!role) throw new Error('role')
  return {
    name: name(fields),
    role,
    identity: fields['identity'] === null ? null : parseIdentity(fields['identity']),
    state: fields['state'] === 'running' ? 'running' : 'exited',
    startedAt: integer(fields, 'startedAt'),
    exit: fields['exit'] === null ? null : (fieldsOf(fields['exit'], 'exit') as unknown as Exit), // ours; only ever shown
    restarts: integer(fields, 'restarts'),
    output: text(fields, 'output'),
    ...(fields['spec'] === undefined ? {} : { spec: parseSpec(fields['spec']) }),
  }
}

function parseIdentity(value: unknown): ProcessIdentity {
  const fields = fieldsOf(value, 'identity')
  const pid = integer(fields, 'pid')
  // 0 and 1 as a target of kill mean everybody.
  if (pid < 2) throw new Error('pid')
  return { pid, startTicks: integer(fields, 'startTicks'), bootId: text(fields, 'bootId') }
}
