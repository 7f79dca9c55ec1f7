import { RequestHead as Http1Head } from '../../http1/index.ts'
import type { HeaderList, RequestHead } from '../exchange.ts'

/** Heads kept for the next requests of any connection. */
const FREE_MAX = 256
const free: Http1Head[] = []

export function takeHead(): Http1Head {
  return free.pop() ?? new Http1Head()
}

export function giveHead(head: Http1Head): void {
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

  /** The exchange is over. */
  release(): void {
    if (this.wire === null) return
    giveHead(this.wire)
    this.wire = null
  }
}
