import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Entrance } from './entrance.ts'

const CHUNK_BYTES = 16 * 1024
const CHUNK_EVERY_MS = 60
/** An upload that is never told to finish ends by itself. */
const CHUNKS_MAX = 1_000
const ANSWER_WITHIN_MS = 10_000

export interface Upload {
  /** Sends the last chunk and waits for the answer: null when it is right, otherwise what is wrong. */
  finish(): Promise<string | null>
}

/** Begins a chunked POST that trickles on until it is told to finish; `name` is the service that must have taken it whole. */
export function beginUpload({ port, protocol }: Entrance, name: string): Upload {
  const hash = createHash('sha256')
  let bytes = 0
  let chunks = 0
  const request = protocol === 'http' ? httpRequest : httpsRequest
  const sending = request({ host: '127.0.0.1', port, method: 'POST', path: '/upload', agent: false })
  const answered = new Promise<string>((resolve, reject) => {
    sending.once('error', reject)
    sending.once('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      response.once('error', reject)
      response.once('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode} ${text.trim()}`)),
      )
    })
  })
  // Its failure is told by `finish`; until then nobody listens.
  answered.catch(() => clearInterval(timer))
  const timer = setInterval(send, CHUNK_EVERY_MS)
  send()

  return {
    async finish() {
      clearInterval(timer)
      send()
      sending.end()
      const limit = setTimeout(() => sending.destroy(new Error('no answer to the upload')), ANSWER_WITHIN_MS)
      try {
        return judge(await answered)
      } catch (error) {
        return `after ${bytes} bytes: ${error instanceof Error ? error.message : String(error)}`
      } finally {
        clearTimeout(limit)
      }
    },
  }

  function send(): void {
    if (sending.destroyed || chunks >= CHUNKS_MAX) return
    const chunk = Buffer.alloc(CHUNK_BYTES, chunks % 251)
    chunks += 1
    bytes += chunk.length
    hash.update(chunk)
    sending.write(chunk)
  }

  function judge(text: string): string | null {
    const seen = JSON.parse(text) as { name: string; bytes: number; sha256: string }
    if (seen.bytes !== bytes) return `${seen.bytes} of ${bytes} bytes arrived`
    if (seen.sha256 !== hash.digest('hex')) return 'the bytes that arrived are others'
    if (seen.name !== name) return `answered by ${seen.name}, begun on ${name}: it did not span the switch`
    return null
  }
}
