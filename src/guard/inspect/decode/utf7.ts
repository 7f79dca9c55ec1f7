/** UTF-7 (RFC 2152), as far as it hides ASCII: `+ADw-` is `<`. */
import { base64Of } from './base64.ts'
import { Output } from './output.ts'

const output = new Output()

/** The text with such runs decoded, the same string when there is none. Linear. */
export function decodeUtf7(text: string): string {
  // A hidden ASCII character begins with eight bits of zero.
  if (!text.includes('+A')) return text
  output.start(text.length)
  let changed = false
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    const end = code === 43 && text.charCodeAt(index + 1) === 65 ? runEnd(text, index + 1) : 0
    if (end > 0 && writeRun(text, index + 1, end)) {
      changed = true
      index = text.charCodeAt(end) === 45 ? end + 1 : end
      continue
    }
    const stop = end > 0 ? end : index + 1
    for (; index < stop; index++) output.put(text.charCodeAt(index))
  }
  const decoded = output.take()
  return changed ? decoded : text
}

function runEnd(text: string, from: number): number {
  let index = from
  while (index < text.length && base64Of(text.charCodeAt(index)) >= 0 && text.charCodeAt(index) !== 45) index += 1
  return index
}

/** Writes the run when it is whole and holds printable ASCII alone. */
function writeRun(text: string, from: number, end: number): boolean {
  const units = Math.floor(((end - from) * 6) / 16)
  if (units === 0) return false
  for (let pass = 0; pass < 2; pass++) {
    let bits = 0
    let held = 0
    for (let index = from; index < end; index++) {
      bits = ((bits << 6) | base64Of(text.charCodeAt(index))) & 0xfffff
      held += 6
      if (held < 16) continue
      held -= 16
      const unit = (bits >> held) & 0xffff
      if (pass === 0 && (unit < 9 || unit > 126)) return false
      if (pass === 1) output.put(unit)
    }
  }
  return true
}
