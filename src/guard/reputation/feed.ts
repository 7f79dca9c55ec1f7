import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseNetwork, type Network } from './address.ts'
import { WIDEST_BITS } from './block.ts'
import { stixAddresses } from './stix.ts'

/** A feed larger than this is not read. */
export const FEED_BYTES_MAX = 16 * 1024 * 1024
/** Networks taken of one feed. */
export const FEED_NETWORKS_MAX = 200_000
/** Bad lines that are told; all are counted. */
export const BAD_LINES_MAX = 20
/** Lines read before somebody else gets a turn. */
const LINES_A_TURN = 10_000

export interface BadLine {
  /** Its number, from 1; for STIX the number of the object. */
  readonly line: number
  /** Its beginning. */
  readonly text: string
  readonly because: string
}

export interface ParsedFeed {
  readonly networks: readonly Network[]
  /** The first of them. */
  readonly bad: readonly BadLine[]
  readonly badCount: number
}

/**
 * Reads a list of addresses: one address or network on a line, with comments after `#`, `;` or `//`; or a STIX 2.1 bundle.
 * What cannot be used is reported with its number, and the rest is kept.
 */
export async function parseFeed(text: string, nowMs: number): Promise<ParsedFeed> {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text
  const found = new Found()
  if (/^\s*[{[]/.test(plain)) await readStix(plain, nowMs, found)
  else await readLines(plain, found)
  return found
}

class Found implements ParsedFeed {
  readonly networks: Network[] = []
  readonly bad: BadLine[] = []
  badCount = 0

  /** False: it is full. */
  add(line: number, written: string): boolean {
    if (this.networks.length >= FEED_NETWORKS_MAX) {
      this.refuse(line, written, `there are more than ${FEED_NETWORKS_MAX} networks: from here on nothing is taken`)
      return false
    }
    const network = parseNetwork(written)
    if (network === null) this.refuse(line, written, 'is neither an address nor a network')
    else if (network.bits < WIDEST_BITS[network.family])
      this.refuse(line, written, `is wider than /${WIDEST_BITS[network.family]}`)
    else this.networks.push(network)
    return true
  }

  refuse(line: number, written: string, because: string): void {
    this.badCount += 1
    if (this.bad.length < BAD_LINES_MAX) this.bad.push({ line, text: shown(written), because })
  }
}

async function readLines(text: string, found: Found): Promise<void> {
  let line = 0
  for (let start = 0; start <= text.length;) {
    const end = text.indexOf('\n', start)
    const whole = text.slice(start, end < 0 ? text.length : end)
    start = end < 0 ? text.length + 1 : end + 1
    line += 1
    const written = withoutComment(whole).trim()
    if (written !== '' && !found.add(line, written)) return
    if (line % LINES_A_TURN === 0) await nextTurn()
  }
}

function withoutComment(line: string): string {
  const starts = ['#', ';', '//'].map((mark) => line.indexOf(mark)).filter((at) => at >= 0)
  return starts.length === 0 ? line : line.slice(0, Math.min(...starts))
}

async function readStix(text: string, nowMs: number, found: Found): Promise<void> {
  let bundle: unknown
  try {
    bundle = JSON.parse(text)
  } catch {
    return found.refuse(1, text, 'begins like JSON and is none')
  }
  const objects = Array.isArray(bundle) ? (bundle as unknown[]) : (bundle as { objects?: unknown }).objects
  if (!Array.isArray(objects)) return found.refuse(1, text, 'is no STIX bundle: it has no objects')
  for (const [index, object] of (objects as unknown[]).entries()) {
    const indicator = object as Partial<Indicator> | null
    if (indicator?.type !== 'indicator' || indicator.revoked === true || !isValid(indicator, nowMs)) continue
    const { id = 'without id', pattern, pattern_type: type } = indicator
    if (type !== undefined && type !== 'stix') continue
    const read =
      typeof pattern === 'string' ? stixAddresses(pattern) : { ok: false as const, because: 'has no pattern' }
    if (!read.ok) found.refuse(index + 1, String(id), read.because)
    else for (const address of read.addresses) if (!found.add(index + 1, address)) return
    if (index % LINES_A_TURN === LINES_A_TURN - 1) await nextTurn()
  }
}

interface Indicator {
  readonly type: string
  readonly id: unknown
  readonly pattern: unknown
  readonly pattern_type: unknown
  readonly revoked: unknown
  readonly valid_from: unknown
  readonly valid_until: unknown
}

function isValid({ valid_from: from, valid_until: until }: Partial<Indicator>, nowMs: number): boolean {
  const begins = typeof from === 'string' ? Date.parse(from) : Number.NEGATIVE_INFINITY
  const ends = typeof until === 'string' ? Date.parse(until) : Number.POSITIVE_INFINITY
  return !(begins > nowMs) && !(ends <= nowMs)
}

/** As it can be shown on a terminal. */
function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what a stranger has written must not steer a terminal
  return text.slice(0, 60).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}
