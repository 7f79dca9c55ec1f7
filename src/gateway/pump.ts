import type { Readable, Writable } from 'node:stream'

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
export function pump(source: Readable, sink: Writable, events: PumpEvents): Pump {
  let blocked = false
  const onData = (bytes: Buffer): void => {
    if (!events.chunk(bytes)) return stop()
    if (sink.write(bytes) || sink.destroyed) return
    blocked = true
    source.pause()
  }
  const onDrain = (): void => {
    blocked = false
    source.resume()
  }
  const onEnd = (): void => {
    stop()
    events.end()
  }
  source.on('data', onData)
  source.on('end', onEnd)
  sink.on('drain', onDrain)
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
    sink.off('drain', onDrain)
  }
}
