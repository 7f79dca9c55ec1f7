/** What a reader made of a stream. */
export interface Reading {
  readonly messages: readonly Read[]
  /**
   * How it ended: `open` for a reader that would take more, `closed` after a message that ends its connection, otherwise why it was
   * refused.
   */
  readonly end: string
}

export interface Read {
  /** Method and target as received, or the status. */
  readonly first: string
  readonly version: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
  /** One character a byte. */
  readonly body: string
  /** The last byte of the body has been read. */
  readonly complete: boolean
}

/**
 * What `ours` accepted, `reference` must have read in the same way. Null when that is so, else what differs. A reader that is
 * stricter, and refuses what the other reads, is right.
 */
export function difference(ours: Reading, reference: Reading): string | null {
  for (const [index, one] of ours.messages.entries()) {
    const other = reference.messages[index]
    if (other === undefined) return `message ${index + 1} is none for the reference (${reference.end})`
    if (one.first !== other.first)
      return `first line of message ${index + 1}: ${show(one.first)} and ${show(other.first)}`
    if (one.version !== other.version) return `version of message ${index + 1}`
    const fields = firstDifference(one.fields, other.fields)
    if (fields !== null) return `fields of message ${index + 1}: ${fields}`
    if (one.complete !== other.complete) {
      // The reference tells of a fault with the bytes before it, and we may have stopped earlier.
      if (ours.end === 'open' || ours.end === 'closed' || one.complete) {
        return `message ${index + 1} is ${one.complete ? 'complete' : 'incomplete'} for us alone (${ours.end}, ${reference.end})`
      }
    }
    const length = one.complete ? other.body.length : one.body.length
    if (one.body.slice(0, length) !== other.body.slice(0, one.complete ? length : one.body.length)) {
      // A fault in a body: how much of the data before it was handed on is a matter of timing.
      if (one.complete || !one.body.startsWith(other.body))
        return `body of message ${index + 1}: ${show(one.body)} and ${show(other.body)}`
    }
    if (one.complete && one.body.length !== other.body.length) return `length of body ${index + 1}`
  }
  if (ours.end === 'open' && reference.messages.length > ours.messages.length) {
    return `the reference read ${reference.messages.length} messages, we ${ours.messages.length} and wait for more`
  }
  return null
}

function firstDifference(ours: readonly string[], others: readonly string[]): string | null {
  for (let index = 0; index < Math.max(ours.length, others.length); index++) {
    if (ours[index] !== others[index]) return `${show(ours[index])} and ${show(others[index])}`
  }
  return null
}

function show(text: string | undefined): string {
  return JSON.stringify(text?.slice(0, 80))
}
