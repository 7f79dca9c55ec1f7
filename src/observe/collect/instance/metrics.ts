import { get } from 'node:http'
import { readMetrics } from '../../../core/openmetrics/read.ts'
import { metricOf } from '../../../promises/metrics/catalogue.ts'
import type { Measured, Source } from '../source.ts'

const PATH = '/metrics'
const BYTES_MAX = 4 * 1024 * 1024
/** Series taken from one instance; those beyond are left out and counted. */
export const SERIES_MAX = 2_000
/** Who has said that there are no metrics is asked again after this long: a request every ten seconds would fill its log. */
export const ASK_AGAIN_MS = 300_000
const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
const TYPE = /^(?:application\/openmetrics-text|text\/plain)\b/

export interface InstanceMetrics {
  readonly service: string
  readonly instance: string
  readonly host: string
  readonly port: number
  /** Told how many series found no room. */
  readonly onDropped: (count: number) => void
  /** @default Date.now */
  readonly now?: () => number
}

/**
 * What an instance itself says at `/metrics`, when it does. One that has answered so once is expected to: from then on a
 * failure is one. What is not metrics (a page, an error) is taken as no, and asked for again now and then.
 */
export function instanceMetrics(options: InstanceMetrics): Source {
  const { service, instance, onDropped, now = Date.now } = options
  let hasAnswered = false
  let askAgainAt = 0
  return {
    name: 'instance-metrics',
    target: instance,
    isExpected: () => hasAnswered,
    async read(signal) {
      if (now() < askAgainAt) return []
      const text = await fetchText(options, signal)
      const read = text === null ? null : readMetrics(text, SERIES_MAX)
      if (read === null || read.samples.length === 0) {
        if (!hasAnswered) askAgainAt = now() + ASK_AGAIN_MS
        throw new Error(text === null ? `${PATH} is not there any more` : `${PATH} cannot be read`)
      }
      hasAnswered = true
      askAgainAt = 0
      if (read.dropped > 0) onDropped(read.dropped)
      return read.samples.flatMap((sample) => labelled(sample, { service, instance }))
    },
  }
}

/** Its own labels are kept; where one is called as ours are, it gets the name that Prometheus gives it. What we measure ourselves is ours to say. */
function labelled({ metric, labels, value }: Measured, ours: Record<string, string>): readonly Measured[] {
  if (metricOf(metric) !== null) return []
  const own = Object.entries(labels).map(([label, text]) => [
    Object.hasOwn(ours, label) ? `exported_${label}` : label,
    text,
  ])
  return [{ metric, labels: { ...(Object.fromEntries(own) as Record<string, string>), ...ours }, value }]
}

/** Null: it answers, and has no metrics. */
function fetchText({ host, port }: InstanceMetrics, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const headers = { accept: ACCEPT, 'user-agent': 'seaworthy' }
    const request = get({ host, port, path: PATH, agent: false, headers, signal }, (response) => {
      const type = response.headers['content-type'] ?? ''
      if (response.statusCode !== 200 || !TYPE.test(type)) {
        resolve(null)
        return void request.destroy()
      }
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > BYTES_MAX) request.destroy(new Error(`${PATH} has more than ${BYTES_MAX} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    request.on('error', reject)
  })
}
