/** A line beyond this is cut there: one program must not fill our memory. */
export const LINE_BYTES_MAX = 64 * 1024
/** Lines that begin with blanks and belong to the line before: a stack trace. More stand for themselves. */
export const CONTINUED_MAX = 200
/** What a cut line ends with. */
export const CUT_MARK = ' [cut]'
/** Lines are put together up to this length: with a line behind it, that is less than what is read at once. */
const RECORD_BYTES_MAX = 128 * 1024
/** Read beyond the cut, so that a secret across it is taken out whole. */
const MARGIN_BYTES = 4 * 1024
const NEWLINE = 10
const [BLANK, TAB, RETURN] = [32, 9, 13]

export interface Records {
  readonly records: readonly string[]
  /** How many of the bytes are done with; the rest has to be given again, with what follows. */
  readonly consumed: number
  /** The end of a line that was cut is still to come, and to be left out. */
  readonly skipping: boolean
}

/**
 * Cuts output into records: a line with the lines below it that begin with blanks. The last one is kept back, since more of it
 * may come, unless `isEnd`.
 */
export function cutRecords(bytes: Buffer, options: { readonly isEnd: boolean; readonly skipping: boolean }): Records {
  const records: string[] = []
  let { skipping } = options
  let open: { start: number; end: number; lines: number } | null = null
  let at = 0
  const close = (): void => {
    if (open !== null) records.push(textOf(bytes, open.start, open.end))
    open = null
  }
  while (at < bytes.length) {
    const found = bytes.indexOf(NEWLINE, at)
    const end = found === -1 ? bytes.length : found
    if (found === -1) {
      if (skipping) return { records, consumed: bytes.length, skipping }
      const isLong = end - at > LINE_BYTES_MAX + MARGIN_BYTES
      if (!options.isEnd && !isLong) break
      skipping = !options.isEnd
    }
    if (found !== -1 && skipping) skipping = false
    else if (!isEmpty(bytes, at, end)) {
      const continues = bytes[at] === BLANK || bytes[at] === TAB
      if (open !== null && continues && open.lines < CONTINUED_MAX && end - open.start <= RECORD_BYTES_MAX) {
        open = { start: open.start, end, lines: open.lines + 1 }
      } else {
        close()
        open = { start: at, end, lines: 0 }
        // Nothing is put together with it, so that what is held back stays short.
        if (end - at > RECORD_BYTES_MAX) close()
      }
    }
    at = Math.min(end + 1, bytes.length)
    if (skipping) break
  }
  const held = open as { start: number } | null
  if (held !== null && !options.isEnd && !skipping) return { records, consumed: held.start, skipping }
  close()
  return { records, consumed: at, skipping }
}

function isEmpty(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte !== BLANK && byte !== TAB && byte !== RETURN) return false
  }
  return true
}

function textOf(bytes: Buffer, start: number, end: number): string {
  const limit = start + LINE_BYTES_MAX + MARGIN_BYTES
  return bytes.toString('utf8', start, Math.min(end, limit))
}

/** Cuts what is too long, and says so. For after the secrets are out. */
export function cutText(text: string): string {
  if (text.length <= LINE_BYTES_MAX && Buffer.byteLength(text) <= LINE_BYTES_MAX) return text
  // What the cut leaves of a character of several bytes reads as U+FFFD.
  return (
    Buffer.from(text)
      .toString('utf8', 0, LINE_BYTES_MAX)
      .replace(/\ufffd+$/, '') + CUT_MARK
  )
}
