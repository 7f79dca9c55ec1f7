import type { randomFrom } from '../../test/seeded/random.ts'
import type { LogLine } from '../../src/observe/logs/line.ts'

const SERVICES = ['api', 'web', 'worker', 'gateway']
const TALK = [
  'order',
  'payment',
  'customer',
  'session',
  'cache',
  'queue',
  'retry',
  'accepted',
  'rejected',
  'delivered',
  'timeout',
  'stock',
]

/** The word of every line that is not rare, and the one of a single line among many. */
export const FREQUENT = 'handled'
export const RARE = 'xylophone'
export const RARE_AT = 700_001

/** The `index`th of the lines of the bench: as access and service lines are, three lines to a request. */
export function makeLine(index: number, atMs: number, random: ReturnType<typeof randomFrom>): LogLine {
  const service = SERVICES[index % 4]!
  const request = Math.floor(index / 3)
  const words = Array.from({ length: 6 }, () => `${random.pick(TALK)}${random.chance(0.3) ? random.below(5_000) : ''}`)
  const rare = index === RARE_AT ? ` ${RARE}` : ''
  return {
    atMs,
    service,
    instance: service === 'gateway' ? null : `${service}@7-3fa9c1d2-${(index % 3) + 1}`,
    release: '7-3fa9c1d2',
    level: index % 5_000 === 0 ? 'error' : index % 100 === 0 ? 'warn' : 'info',
    correlationId: correlationOf(request),
    traceId: request.toString(16).padStart(32, 'a'),
    text: `${FREQUENT} ${words.join(' ')} status=200 durationMs=${random.below(900)}${rare}`,
  }
}

export function correlationOf(request: number): string {
  return `req-${request.toString(36).padStart(12, '0')}`
}
