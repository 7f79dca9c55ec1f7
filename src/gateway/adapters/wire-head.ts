import { RequestHead as Http1Head } from '../../http1/index.ts'
import type { RequestReader } from '../../http1/index.ts'
import type { HeaderList, RequestHead } from '../exchange.ts'
import { SHARED_BUFFER } from './read-buffer.ts'

/** Heads kept for the next requests of any connection. */
const FREE_MAX = 256
const free: Http1Head[] = []
/** Heads that stay with their connections, whose next request may repeat the last one; a connection beyond these has none while it is idle. */
const OWN_MAX = 1_024
let owned = 0

/** What the requests of one connection are read into, one at a time. */
export class ConnectionHeads {
  #own: Http1Head | null = null

  /** For the next request that `reader` reads: the last one's, where that could stay. */
  take(reader: RequestReader): Http1Head {
    if (this.#own !== null) return this.#own
    const head = free.pop() ?? new Http1Head()
    if (owned >= OWN_MAX) return head
    owned += 1
    reader.own(head, SHARED_BUFFER)
    return (this.#own = head)
  }

  /** Nobody looks at it any more. */
  giveBack(head: Http1Head): void {
    if (head !== this.#own) give(head)
  }

  /** No other request comes. */
  end(): void {
    if (this.#own === null) return
    owned -= 1
    give(this.#own)
    this.#own = null
  }
}

function give(head: Http1Head): void {
  head.owner = null
  if (free.length < FREE_MAX) free.push(head)
}

/** What was read from the wire, as the stages see it. Its fields are cut out only when somebody asks. */
export class WireHead implements RequestHead {
  readonly method: string
  readonly target: string
  readonly path: string
  readonly host: string
  readonly authority: string
  readonly websocket: boolean
  readonly fault = null
  wire: Http1Head | null
  #headers: HeaderList | null = null

  constructor(head: Http1Head) {
    this.method = head.method
    this.target = head.target
    this.path = head.path
    this.host = head.host
    this.authority = head.authority
    this.websocket = head.websocket
    this.wire = head
  }

  get headers(): HeaderList {
    return (this.#headers ??= this.wire?.pairs() ?? [])
  }

  /** The exchange is over: what it was read into is its owner's again. */
  release(): Http1Head | null {
    const { wire } = this
    this.wire = null
    return wire
  }
}
