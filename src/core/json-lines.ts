import type { Readable } from 'node:stream'

/** A line above this many bytes ends the reading: a peer that never sends a newline must not fill our memory. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024

/** One value as one line. JSON escapes every newline inside it, so the line ends where it should. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value) + '\n'
}

/**
 * Calls `onValue` for every complete line of `stream`, in order; empty lines are skipped. A line that is no JSON or is
 * longer than `bytesMax` (default LINE_BYTES_MAX) destroys the stream with an error, since nothing behind it can be trusted.
 */
export function readJsonLines(
  stream: Readable,
  onValue: (value: unknown) => void,
  { bytesMax = LINE_BYTES_MAX }: { bytesMax?: number } = {},
): void {
  let pending: Buffer[] = []
  let pendingBytes = 0
  stream.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      start = end + 1
      const line = pending.length === 0 ? piece : Buffer.concat([...pending, piece])
      pending = []
      pendingBytes = 0
      if (line.length > bytesMax) return tooLong()
      const text = line.toString('utf8')
      if (text.trim() === '') continue
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch (error) {
        stream.destroy(new Error('a line is not JSON', { cause: error }))
        return
      }
      onValue(value)
      if (stream.destroyed) return
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start))
      pendingBytes += chunk.length - start
      if (pendingBytes > bytesMax) tooLong()
    }
  })

  function tooLong(): void {
    pending = []
    stream.destroy(new Error(`a line is longer than ${bytesMax} bytes`))
  }
}
