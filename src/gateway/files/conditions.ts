/** Conditional and partial requests (RFC 9110 §13 and §14). */
import { headerOf } from '../exchange.ts'
import type { HeaderList } from '../exchange.ts'

export interface Version {
  readonly etag: string
  readonly modifiedMs: number
}

export type Portion =
  | { readonly kind: 'whole' }
  /** Both ends included. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

/** Whether the client already has this version. If-None-Match goes before If-Modified-Since. */
export function isUnchanged(headers: HeaderList, version: Version): boolean {
  const noneMatch = headerOf(headers, 'if-none-match')
  if (noneMatch !== undefined) {
    return noneMatch.split(',').some((tag) => tag.trim() === '*' || weak(tag) === weak(version.etag))
  }
  const since = Date.parse(headerOf(headers, 'if-modified-since') ?? '')
  return !Number.isNaN(since) && toSeconds(version.modifiedMs) <= toSeconds(since)
}

/** The part asked for. More than one range is answered with the whole, as is a range for another version. */
export function portionOf(headers: HeaderList, version: Version, sizeBytes: number): Portion {
  const range = headerOf(headers, 'range')
  if (range === undefined || !isSame(headerOf(headers, 'if-range'), version)) return WHOLE
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim())
  if (match === null || (match[1] === '' && match[2] === '')) return WHOLE
  const [, first, last] = match
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: sizeBytes - length, end: sizeBytes - 1 }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (last !== '' && Number(last) < start) return WHOLE
  return start >= sizeBytes ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}

function isSame(ifRange: string | undefined, version: Version): boolean {
  if (ifRange === undefined) return true
  if (ifRange.startsWith('"')) return ifRange === version.etag
  return toSeconds(Date.parse(ifRange)) === toSeconds(version.modifiedMs)
}

function weak(tag: string): string {
  return tag.trim().replace(/^W\//, '')
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}

const WHOLE: Portion = { kind: 'whole' }
