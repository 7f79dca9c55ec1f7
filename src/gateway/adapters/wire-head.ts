import { RequestHead as Http1Head } from '../../http1/index.ts'
import type { HeaderList, RequestHead } from '../exchange.ts'

/** Heads kept for the next requests of any connection. */
const FREE_MAX = 256
const free: Http1Head[] = []
/** Heads that stay with their connections, whose next request may repeat the last one. What is beyond has none while it is idle. */
const KEPT_MAX = 1_024
let kept = 0

/** What the requests of one connection are read into, one at a time. */
export class ConnectionHeads {
  #own: Http1Head | null = null

  /** For the next request: the last one's, where that could stay. */
  take(): Http1Head {
    return this.#own ?? free.pop() ?? new Http1Head()
  }

  /** Nobody looks at it any more. */
  giveBack(head: Http1Head): void {
    if (head === this.#own) return
    if (this.#own !== null || kept >= KEPT_MAX) return give(head)
    kept += 1
    this.#own = head
  }

  /** No other request comes. */
  end(): void {
    if (this.#own === null) return
    kept -= 1
    give(this.#own)
    this.#own = null
  }
}

function give(head: Http1Head): void {
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
