/** Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) without keeping any of their content. */
export interface FrameTracker {
  /** True between two frames. */
  readonly atBorder: boolean
  /** A close frame has passed completely. */
  readonly closeSeen: boolean
  /** Takes the next bytes. Returns the offset of the last border in them: 0 when no frame ends here. */
  push(bytes: Buffer): number
}

export function createFrameTracker(): FrameTracker {
  /** Bytes of the current frame's head so far; at most 2 + 8 + 4. */
  const head = Buffer.alloc(14)
  let headLength = 0
  let headNeeded = 2
  /** Bytes of payload still to come; -1 while the head is read. */
  let payloadLeft = -1
  let closeSeen = false
  return {
    get atBorder() {
      return headLength === 0 && payloadLeft === -1
    },
    get closeSeen() {
      return closeSeen
    },
    push(bytes) {
      let border = 0
      let offset = 0
      while (offset < bytes.length) {
        if (payloadLeft === -1) {
          head[headLength++] = bytes[offset++]!
          if (headLength === 2) headNeeded = headSize()
          if (headLength < headNeeded) continue
          payloadLeft = payloadSize()
        } else {
          const step = Math.min(payloadLeft, bytes.length - offset)
          payloadLeft -= step
          offset += step
        }
        if (payloadLeft === 0) {
          if ((head[0]! & 0x0f) === CLOSE) closeSeen = true
          headLength = 0
          headNeeded = 2
          payloadLeft = -1
          border = offset
        }
      }
      return border
    },
  }

  function headSize(): number {
    const length = head[1]! & 0x7f
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((head[1]! & 0x80) === 0 ? 0 : 4)
  }

  function payloadSize(): number {
    const length = head[1]! & 0x7f
    if (length === 126) return head.readUInt16BE(2)
    // Above 2^53 the count would be wrong, after eight petabytes.
    if (length === 127) return Number(head.readBigUInt64BE(2))
    return length
  }
}

const CLOSE = 8
