import { readFileSync } from 'node:fs'
import { parseRequest } from '../config/route.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { parseDuration, parseRate, type Parsed } from '../core/quantity.ts'
import { ARRIVALS, type ArrivalKind } from '../load/arrivals.ts'
import type { LoadOptions, LoadRequest } from '../load/options.ts'

/** As commander hands them over. */
export interface LoadFlags {
  readonly rate: string
  readonly for: string
  readonly request: string
  readonly header: readonly string[]
  readonly body?: string
  readonly expect?: string
  readonly arrivals: string
  readonly seed: string
  readonly connections: string
  readonly timeout: string
  readonly lag: string
  readonly service?: string
  readonly url?: string
  readonly allowRemote?: boolean
  readonly yes?: boolean
  readonly capacity?: boolean
  readonly throughGateway?: boolean
  readonly p95?: string
  readonly step?: string
  readonly from: string
}

/** All that does not depend on where it is sent. */
export interface ReadFlags {
  readonly request: LoadRequest
  /** Of the request, when it names one: 'POST api.example.com/x'. */
  readonly authority: string | null
  readonly sending: Omit<LoadOptions, 'host' | 'port' | 'authority' | 'request'>
  readonly firstPerSecond: number
  readonly stepMs: number | null
  readonly p95Ms: number | null
}

const BODY_BYTES_MAX = 16 * 1024 * 1024
const CONNECTIONS_LIMIT = 50_000

/** @throws Problem `cli.usage` naming the option and what it should have been */
export function readFlags(flags: LoadFlags): ReadFlags {
  const { method, host, path } = parsed('--request', flags.request, parseRequest)
  return {
    request: { method, path, headers: flags.header.map(readHeader), body: readBody(flags.body) },
    authority: host,
    sending: {
      perSecond: readRate('--rate', flags.rate),
      forMs: readTime('--for', flags.for),
      arrivals: readArrivals(flags.arrivals),
      seed: readWhole('--seed', flags.seed, 0, 2 ** 31 - 1),
      connectionsMax: readWhole('--connections', flags.connections, 1, CONNECTIONS_LIMIT),
      timeoutMs: readTime('--timeout', flags.timeout),
      lagMsMax: readTime('--lag', flags.lag),
      expect: flags.expect === undefined ? null : readWhole('--expect', flags.expect, 100, 599),
    },
    firstPerSecond: readRate('--from', flags.from),
    stepMs: flags.step === undefined ? null : readTime('--step', flags.step),
    p95Ms: flags.p95 === undefined ? null : readTime('--p95', flags.p95),
  }
}

function readRate(option: string, text: string): number {
  const { count, perMs } = parsed(option, text, parseRate)
  return (count * 1000) / perMs
}

function readTime(option: string, text: string): number {
  const ms = parsed(option, text, parseDuration)
  if (ms > 0) return ms
  throw new Problem('cli.usage', `${option}: '${text}' is no time`)
}

function readWhole(option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (text !== '' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new Problem('cli.usage', `${option}: '${text}' is no whole number from ${min} to ${max}`)
}

function readArrivals(text: string): ArrivalKind {
  const kind = ARRIVALS.find((name) => name === text)
  if (kind) return kind
  throw new Problem('cli.usage', `--arrivals: '${text}' is none of ${ARRIVALS.join(', ')}`)
}

function readHeader(text: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~A-Za-z0-9-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new Problem('cli.usage', `--header: '${text}' is no header; write it such as 'Accept: text/html'`)
}

/** `@file` is the file's bytes, anything else the text itself. */
function readBody(text: string | undefined): string | null {
  if (text === undefined) return null
  const bytes = text.startsWith('@') ? readFile(text.slice(1)) : Buffer.from(text)
  if (bytes.length > BODY_BYTES_MAX)
    throw new Problem('cli.usage', `--body: ${bytes.length} bytes are more than ${BODY_BYTES_MAX}`)
  return bytes.toString('base64')
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Problem('cli.usage', `--body: ${messageOf(error)}`)
  }
}

function parsed<T>(option: string, text: string, parse: (text: string) => Parsed<T>): T {
  const result = parse(text)
  if (result.ok) return result.value
  throw new Problem('cli.usage', `${option}: '${text}': expected ${result.expected}`)
}
