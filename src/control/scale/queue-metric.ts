import { get } from 'node:http'

const PATH = '/metrics'
const TIMEOUT_MS = 2_000
const BYTES_MAX = 4 * 1024 * 1024

export interface MetricsEndpoint {
  readonly host: string
  readonly port: number
}

/**
 * A gauge from an instance's `/metrics`, in the text format of Prometheus and OpenMetrics; the sum over its label sets.
 * Null, with a reason, when it cannot be had.
 */
export async function readGauge(
  { host, port }: MetricsEndpoint,
  metric: string,
): Promise<{ readonly value: number } | { readonly missing: string }> {
  try {
    const value = gaugeIn(await fetchText(host, port), metric)
    return value === null ? { missing: `${PATH} of ${host}:${port} has no ${metric}` } : { value }
  } catch (error) {
    return { missing: `${PATH} of ${host}:${port}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The sum of a metric's samples; null when there is none, or one that is no number. */
export function gaugeIn(text: string, metric: string): number | null {
  const values = text.split('\n').flatMap((line) => {
    if (!line.startsWith(metric)) return []
    const rest = line.slice(metric.length)
    const value = /^(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+([^ \t]+)(?:[ \t]+[^ \t]+)?\s*$/.exec(rest)?.[1]
    return value === undefined ? [] : [Number(value)]
  })
  const sum = values.reduce((total, value) => total + value, 0)
  return values.length === 0 || !Number.isFinite(sum) ? null : sum
}

function fetchText(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path: PATH, agent: false }, (response) => {
      if (response.statusCode !== 200) return void request.destroy(new Error(`status ${response.statusCode}`))
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > BYTES_MAX) request.destroy(new Error(`more than ${BYTES_MAX} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
    request.on('close', () => clearTimeout(deadline))
    request.on('error', reject)
  })
}
