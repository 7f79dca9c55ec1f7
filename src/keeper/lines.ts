export const LINE_BYTES_MAX = 1024 * 1024

/** Cuts a stream into lines. The function it returns says false once a line is longer than the bound: end the stream. */
export function createLineSplitter(onLine: (line: string) => void): (chunk: Buffer) => boolean {
  let parts: Buffer[] = []
  let length = 0
  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      if (length + end - start > LINE_BYTES_MAX) return false
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString()
      parts = []
      length = 0
      start = end + 1
      onLine(line)
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
    length += chunk.length - start
    return length <= LINE_BYTES_MAX
  }
}
