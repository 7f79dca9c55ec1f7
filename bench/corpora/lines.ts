/** The corpora's lines: their fields are described in the README beside them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { GuardRequest } from '../../src/guard/request.ts'

export interface Line {
  readonly id: string
  readonly expect: 'attack' | 'benign'
  readonly category: string
  readonly tier?: 'natural' | 'core' | 'content' | 'regression'
  readonly method: string
  readonly path: string
  readonly version?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly placement?: string
  readonly encoder?: string
  readonly pl?: number
  readonly rule?: number
}

export const SETS = ['payloads', 'mixed', 'regression', 'traffic', 'tricky', 'benign-regression'] as const
export type SetName = (typeof SETS)[number]

const FILES: Readonly<Record<SetName, string>> = {
  payloads: 'attacks-payloads.jsonl.gz',
  mixed: 'attacks-mixed.jsonl.gz',
  regression: 'attacks-regression.jsonl.gz',
  traffic: 'benign-traffic.jsonl.gz',
  tricky: 'benign-tricky.jsonl.gz',
  'benign-regression': 'benign-regression.jsonl.gz',
}

/** Null where the folder does not hold them. */
export function readCorpora(folder: string): Record<SetName, Line[]> | null {
  if (!SETS.every((name) => existsSync(join(folder, FILES[name])))) return null
  const read = (name: SetName): Line[] =>
    gunzipSync(readFileSync(join(folder, FILES[name])))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
  return {
    payloads: read('payloads'),
    mixed: read('mixed'),
    regression: read('regression'),
    traffic: read('traffic'),
    tricky: read('tricky'),
    'benign-regression': read('benign-regression'),
  }
}

/** The line as a gateway would hand it to the guard. */
export function requestOf(line: Line): { readonly request: GuardRequest; readonly body: Buffer | null } {
  const body = line.body === null ? null : Buffer.from(line.body)
  const headers = Object.entries(line.headers).flat()
  const names = new Set(Object.keys(line.headers).map((name) => name.toLowerCase()))
  if (body !== null && !names.has('content-length')) headers.push('Content-Length', String(body.length))
  const host = Object.entries(line.headers).find(([name]) => name.toLowerCase() === 'host')?.[1] ?? ''
  return {
    request: {
      method: line.method,
      target: line.path,
      client: '192.0.2.1',
      headers,
      host: host.replace(/:\d+$/, '').toLowerCase(),
      ...(line.version === '1.0' || line.version === '1.1' ? { version: line.version } : {}),
    },
    body,
  }
}
