import type { Readable, Writable } from 'node:stream'

/** Something that takes bytes at its own pace. */
export interface Sink {
  /** False: it has enough until `onDrain` is called. The bytes belong to the sink from now on. */
  write(bytes: Buffer): boolean
  readonly destroyed: boolean
  onDrain: (() => void) | null
}

/** A stream as a sink. */
export function sinkOf(stream: Writable): Sink {
  const sink: Sink = {
    write: (bytes) => stream.write(bytes),
    get destroyed() {
      return stream.destroyed
    },
    onDrain: null,
  }
  stream.on('drain', () => sink.onDrain?.())
  return sink
}

export interface PumpEvents {
  /** Called before a chunk is passed on; false stops the pump without passing it. */
  chunk(bytes: Buffer): boolean
  end(): void
}

export interface Pump {
  /** True while the sink is slower than the source. */
  readonly blocked: boolean
  /** Passes nothing on any more; the source is left as it is. */
  stop(): void
}

/** Moves bytes from `source` to `sink` at the pace of the slower one. Ends nothing and handles no errors: its caller does. */
export function pump(source: Readable, sink: Sink, events: PumpEvents): Pump {
  let blocked = false
  const onData = (bytes: Buffer): void => {
    if (!events.chunk(bytes)) return stop()
    if (sink.write(bytes) || sink.destroyed) return
    blocked = true
    source.pause()
  }
  const onEnd = (): void => {
    stop()
    events.end()
  }
  source.on('data', onData)
  source.on('end', onEnd)
  sink.onDrain = () => {
    blocked = false
    source.resume()
  }
  if (source.readableEnded) process.nextTick(onEnd)
  return {
    get blocked() {
      return blocked
    },
    stop,
  }

  function stop(): void {
    source.off('data', onData)
    source.off('end', onEnd)
    sink.onDrain = null
  }
}
