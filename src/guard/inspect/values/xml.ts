/**
 * Texts and attributes of XML, read leniently in one pass, without a parser's work: no entity of a document's own is ever
 * expanded, no DTD followed. A document type declaration is a value by itself, as are elements that no data has.
 */
import { Output } from '../decode/output.ts'
import { writeEntity } from '../decode/entities.ts'
import { sourceUnits } from '../scan/units.ts'
import { pathBelow } from './bounds.ts'
import type { ValueSink } from './sink.ts'

/** Deeper elements are read, without a path of their own. */
export const XML_PATH_DEPTH_MAX = 32
/** Characters of a markup element given as one value. */
const MARKUP_CHARS_MAX = 1024
/** Characters of one text; a longer one is judged in parts. */
const PIECES_CHARS_MAX = 65_536
/** Elements that a browser runs, and attributes that make it run something: nothing that data has, SVG and XHTML neither. */
const RUNS = /^(?:script|iframe|object|embed|applet)$/i
const RUNNING = /\son[a-z]{3,}\s*=|script\s*:|srcdoc\s*=|data\s*:\s*text\/html/i

const output = new Output()

export class XmlReader {
  deepest = 0
  malformed = false
  /** No element at all, or text beside the one that there is: it was never XML. */
  noXml = false
  #elements = 0
  /** Text, sections and what stands on both sides of comments are one text to a parser. */
  #pieces = ''
  readonly #sink: ValueSink
  readonly #path: string[] = []
  #depth = 0
  /** The path of the element that is open, and the depth it was made for; -1: none. */
  #elementName = ''
  #nameDepth = -1

  constructor(sink: ValueSink) {
    this.#sink = sink
  }

  /** Reads on. Returns where an incomplete tag or text begins; `final`: nothing follows. */
  read(text: string, final: boolean): number {
    let index = 0
    while (index < text.length) {
      const end = text.charCodeAt(index) === 60 ? this.#markup(text, index, final) : this.#text(text, index, final)
      if (end < 0) return index
      index = end
    }
    if (final) {
      this.#flush()
      this.noXml ||= this.#elements === 0
    }
    return text.length
  }

  #text(text: string, start: number, final: boolean): number {
    const open = text.indexOf('<', start)
    if (open < 0 && !final) return -1
    const end = open < 0 ? text.length : open
    this.#append(text.slice(start, end), true)
    return end
  }

  #markup(text: string, start: number, final: boolean): number {
    if (text.startsWith('<!--', start)) return this.#until(text, start, '-->', final)
    if (text.startsWith('<![CDATA[', start)) {
      const end = this.#until(text, start, ']]>', final)
      if (end >= 0) this.#append(text.slice(start + 9, end).replace(/\]\]>$/, ''), false)
      return end
    }
    if (text.startsWith('<?', start)) {
      const end = this.#until(text, start, '>', final)
      if (end >= 0 && !text.startsWith('<?xml ', start)) this.#sink.value('xml', '!instruction', text.slice(start, end))
      return end
    }
    if (text.startsWith('<!', start)) return this.#declaration(text, start, final)
    return this.#tag(text, start, final)
  }

  /** The position after `closing`, the end of the text where it is missing, -1 to wait for more. */
  #until(text: string, start: number, closing: string, final: boolean): number {
    const end = text.indexOf(closing, start + 2)
    if (end >= 0) return end + closing.length
    if (!final) return -1
    this.malformed = true
    return text.length
  }

  /** `<!DOCTYPE … [ … ]>`, given whole. */
  #declaration(text: string, start: number, final: boolean): number {
    let depth = 0
    let quote = 0
    for (let index = start + 2; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (quote !== 0) {
        if (code === quote) quote = 0
      } else if (code === 34 || code === 39) quote = code
      else if (code === 91) depth += 1
      else if (code === 93) depth -= 1
      else if (code === 62 && depth <= 0) return this.#declared(text, start, index + 1)
    }
    if (!final) return -1
    this.malformed = true
    return this.#declared(text, start, text.length)
  }

  #declared(text: string, start: number, end: number): number {
    this.#sink.value('xml', '!doctype', text.slice(start, end))
    return end
  }

  #tag(text: string, start: number, final: boolean): number {
    const end = tagEnd(text, start + 1)
    if (end < 0 && !final) return -1
    const stop = end < 0 ? text.length : end
    const closing = text.charCodeAt(start + 1) === 47
    const nameStart = start + (closing ? 2 : 1)
    let nameEnd = nameStart
    while (nameEnd < stop && isNameChar(text.charCodeAt(nameEnd))) nameEnd += 1
    if (nameEnd === nameStart || end < 0) {
      // A lone `<` in a text: not XML, but somebody's value.
      this.malformed = true
      this.#append(text.slice(start, end < 0 ? stop : end + 1), true)
      return end < 0 ? stop : end + 1
    }
    this.#flush()
    if (closing) {
      this.#depth = Math.max(0, this.#depth - 1)
      return stop + 1
    }
    this.#open(text, start, nameEnd, stop)
    return stop + 1
  }

  #open(text: string, start: number, nameEnd: number, stop: number): void {
    const name = text.slice(start + 1, nameEnd)
    this.#depth += 1
    this.#elements += 1
    this.deepest = Math.max(this.deepest, this.#depth)
    if (this.#depth <= XML_PATH_DEPTH_MAX) {
      this.#path.length = this.#depth - 1
      this.#path.push(localName(name))
      this.#nameDepth = -1
    }
    const tag = text.slice(start, Math.min(stop + 1, start + MARKUP_CHARS_MAX))
    const isXInclude = name.endsWith(':include') || tag.includes('www.w3.org/2001/XInclude')
    if (isXInclude) this.#sink.value('xml', '!xinclude', tag)
    if (RUNS.test(name) || RUNNING.test(tag))
      this.#sink.value('xml', '!markup', text.slice(start, start + MARKUP_CHARS_MAX))
    if (nameEnd < stop) this.#attributes(text.slice(nameEnd, stop))
    if (text.charCodeAt(stop - 1) === 47) this.#depth -= 1
  }

  #attributes(text: string): void {
    let index = 0
    while (index < text.length) {
      const equals = text.indexOf('=', index)
      if (equals < 0) return
      const name = text.slice(index, equals).trim()
      let start = equals + 1
      while (start < text.length && text.charCodeAt(start) <= 32) start += 1
      const quote = text.charCodeAt(start)
      const quoted = quote === 34 || quote === 39
      const close = quoted ? text.indexOf(text[start]!, start + 1) : blankFrom(text, start)
      const end = close < 0 ? text.length : close
      const isNamespace = name === 'xmlns' || name.startsWith('xmlns:')
      if (!isNamespace) this.#attribute(name, text.slice(quoted ? start + 1 : start, end))
      index = end + 1
    }
  }

  #append(raw: string, hasEntities: boolean): void {
    const text = hasEntities && raw.includes('&') ? withEntities(raw) : raw
    this.#pieces = this.#pieces === '' ? text : this.#pieces + text
    if (this.#pieces.length > PIECES_CHARS_MAX) this.#flush()
  }

  #flush(): void {
    const text = this.#pieces
    this.#pieces = ''
    if (text.trim() === '') return
    this.noXml ||= this.#depth === 0
    this.#sink.value('xml', this.#name(''), text)
  }

  #attribute(name: string, raw: string): void {
    const text = raw.includes('&') ? withEntities(raw) : raw
    if (text.trim() !== '') this.#sink.value('xml', this.#name(`@${localName(name)}`), text)
  }

  #name(last: string): string {
    // Attributes and texts of one element share its path.
    if (this.#nameDepth !== this.#depth) {
      let path = ''
      for (let depth = 0; depth < this.#depth && depth < this.#path.length; depth++)
        path = pathBelow(path, this.#path[depth]!)
      this.#elementName = path
      this.#nameDepth = this.#depth
    }
    return last === '' ? this.#elementName : pathBelow(this.#elementName, last)
  }
}

/** Where the tag that begins before `from` is closed: `>` outside of quotes, or the next one at all when a quote stays open. */
function tagEnd(text: string, from: number): number {
  let quote = 0
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (quote !== 0) {
      if (code === quote) quote = 0
    } else if (code === 62) return index
    else if (code === 60) return -1
    // A quote counts only behind `=`: an apostrophe in a text with a stray `<` opens nothing.
    else if ((code === 34 || code === 39) && followsEquals(text, index)) quote = code
  }
  return -1
}

function followsEquals(text: string, at: number): boolean {
  let index = at - 1
  while (index > 0 && text.charCodeAt(index) <= 32) index -= 1
  return text.charCodeAt(index) === 61
}

function blankFrom(text: string, from: number): number {
  let index = from
  while (index < text.length && text.charCodeAt(index) > 32) index += 1
  return index
}

function isNameChar(code: number): boolean {
  const lower = code | 32
  return (
    (lower >= 97 && lower <= 122) ||
    (code >= 48 && code <= 58) ||
    code === 95 ||
    code === 45 ||
    code === 46 ||
    code > 127
  )
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function withEntities(raw: string): string {
  const units = sourceUnits(raw)
  output.start(raw.length)
  let index = 0
  while (index < raw.length) {
    const code = units[index]!
    const taken = code === 38 ? writeEntity(units, index, output) : 0
    if (taken === 0) output.put(code)
    index += taken === 0 ? 1 : taken
  }
  return output.take()
}
