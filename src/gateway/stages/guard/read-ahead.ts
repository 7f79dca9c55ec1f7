import { Readable } from 'node:stream'
import type { Exchange, RequestBody } from '../../exchange.ts'

export type ReadAhead =
  /** `body`: the same once more, with what was read in front. */
  | { readonly kind: 'whole' | 'part'; readonly bytes: Buffer; readonly body: RequestBody }
  | { readonly kind: 'gone' }
  | { readonly kind: 'slow' }

/**
 * Reads a body until it is complete or `bytesMax` are there, whichever comes first: at most one chunk more. A client that
 * takes longer than `withinMs` is `slow`; one that leaves is `gone`.
 */
export function readAhead(
  exchange: Exchange,
  { bytesMax, withinMs }: { bytesMax: number; withinMs: number },
): Promise<ReadAhead> {
  const { body, client } = exchange
  const { stream } = body
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const deadline = setTimeout(() => settle({ kind: 'slow' }), withinMs)
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      length += chunk.length
      if (length >= bytesMax) settle(taken('part'))
    }
    const onEnd = (): void => settle(taken('whole'))
    const onGone = (): void => settle({ kind: 'gone' })
    client.onGone({ left: onGone })
    stream.on('error', onGone)
    stream.on('end', onEnd)
    stream.on('data', onData)
    body.accept()

    function settle(result: ReadAhead): void {
      clearTimeout(deadline)
      stream.off('data', onData)
      stream.off('end', onEnd)
      stream.pause()
      resolve(result)
    }

    function taken(kind: 'whole' | 'part'): ReadAhead {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
      return { kind, bytes, body: replayed(body, bytes, kind === 'whole') }
    }
  })
}

function replayed(body: RequestBody, bytes: Buffer, isWhole: boolean): RequestBody {
  return {
    present: body.present,
    length: body.length,
    stream: isWhole
      ? Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false })
      : behind(bytes, body.stream),
    ready: isWhole ? bytes : null,
    complete: () => body.complete(),
    accept: () => body.accept(),
  }
}

/** `first`, then what `rest` still brings, at the reader's pace. */
function behind(first: Buffer, rest: Readable): Readable {
  let begun = false
  const stream = new Readable({
    read() {
      if (begun) {
        rest.resume()
        return
      }
      begun = true
      rest.on('data', (chunk: Buffer) => {
        if (!stream.push(chunk)) rest.pause()
      })
      rest.on('end', () => stream.push(null))
      stream.push(first)
      if (rest.readableEnded) stream.push(null)
    },
  })
  return stream
}
