import { Problem, messageOf } from '../../core/problem.ts'

/** What a Prometheus answers within; its own default is two minutes, which is no answer for a screen. */
const ANSWER_WITHIN_MS = 15_000
/** 11 000 points of a few hundred series. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20

export interface PrometheusOptions {
  /** Where it is, with the path it is served under, if any: 'http://prometheus:9090'. */
  readonly url: string
  /** @default ANSWER_WITHIN_MS */
  readonly answerWithinMs?: number
  /** @default ANSWER_BYTES_MAX */
  readonly answerBytesMax?: number
}

/**
 * Asks Prometheus' HTTP API. The form is in the body: expressions may be longer than an address.
 * @returns what stands under `data`
 * @throws Problem `series.unreachable`, `series.too-much`, `series.ambiguous`, `promise.expression`
 */
export async function askPrometheus(
  { url, answerWithinMs = ANSWER_WITHIN_MS, answerBytesMax = ANSWER_BYTES_MAX }: PrometheusOptions,
  path: 'query' | 'query_range' | 'series',
  form: Readonly<Record<string, string>>,
): Promise<unknown> {
  const text = await answerOf(url, answerBytesMax, async () =>
    fetch(`${url.replace(/\/+$/, '')}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMs),
    }),
  )
  const answer = parse(text)
  if (answer?.status === 'success') return answer.data
  throw refusalOf(url, answer, text)
}

interface Answer {
  readonly status?: unknown
  readonly data?: unknown
  readonly errorType?: unknown
  readonly error?: unknown
}

async function answerOf(url: string, bytesMax: number, send: () => Promise<Response>): Promise<string> {
  try {
    const response = await send()
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of response.body ?? []) {
      bytes += part.length
      if (bytes > bytesMax) throw tooLarge(bytesMax)
      parts.push(part)
    }
    return Buffer.concat(parts).toString()
  } catch (error) {
    if (error instanceof Problem) throw error
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw unreachable(url, messageOf(cause))
  }
}

function parse(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer | null
  } catch {
    return null
  }
}

/** What Prometheus refuses, told as our own store would tell it. */
function refusalOf(url: string, answer: Answer | null, text: string): Problem {
  const error = typeof answer?.error === 'string' ? answer.error : null
  if (error === null) return unreachable(url, `it answers '${text.slice(0, 100)}'`)
  if (/many-to-|multiple matches|duplicate series|same labelset/.test(error))
    return new Problem('series.ambiguous', error, { hint: 'Aggregate by the labels that tell them apart.' })
  if (answer?.errorType === 'bad_data') return new Problem('promise.expression', `Prometheus refuses it: ${error}`)
  if (answer?.errorType === 'timeout' || /too many samples|exceeded maximum|timed out/.test(error))
    return new Problem('series.too-much', error, { hint: 'Ask for a shorter time, or for fewer series.' })
  return unreachable(url, error)
}

function tooLarge(bytesMax: number): Problem {
  return new Problem('series.too-much', `the answer of Prometheus has more than ${bytesMax} bytes`, {
    hint: 'Ask for a shorter time, for fewer series, or for a longer step.',
  })
}

function unreachable(url: string, why: string): Problem {
  return new Problem('series.unreachable', `the Prometheus at ${url} cannot be asked: ${why}`, {
    hint: 'See that it runs, and that `prometheus` of the environment names it.',
  })
}
