/** HTTPS of one worker: the TLS listener, and what speaks inside of its connections. */
import type { Exchange } from '../exchange.ts'
import type { RoutingTable, Timeouts } from '../table.ts'
import type { TlsCounts } from '../tls-counts.ts'
import { createHttp2Sessions } from './http2-sessions.ts'
import { createTlsListener } from './tls-listener.ts'
import type { TlsListener, TlsListenerOptions } from './tls-listener.ts'

export interface HttpsOptions extends Omit<TlsListenerOptions, 'onHttp2'> {
  readonly onExchange: (exchange: Exchange) => void
}

export interface Https extends Pick<TlsListener, 'listen' | 'close'> {
  readonly counts: TlsCounts
  configure(table: Required<Pick<RoutingTable, 'tls' | 'acme'>> & { readonly timeouts: Timeouts }): void
  /** Accepts nothing more and lets its clients go. Resolves when no connection is left. */
  retire(): Promise<void>
}

export function createHttps({ onExchange, ...options }: HttpsOptions): Https {
  const sessions = createHttp2Sessions({ onExchange })
  const listener = createTlsListener({ ...options, onHttp2: (socket) => sessions.accept(socket) })
  return {
    get counts() {
      return { ...listener.counts, abused: sessions.abused }
    },
    listen: (where) => listener.listen(where),
    configure({ tls, acme, timeouts }) {
      listener.configure(tls, acme)
      sessions.configure(timeouts)
    },
    retire() {
      const empty = listener.retire()
      sessions.retire()
      return empty
    },
    close: () => listener.close(),
  }
}
