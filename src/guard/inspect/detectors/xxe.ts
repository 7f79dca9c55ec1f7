import { CHARS, SCORE, type Detector, type Value } from '../detector.ts'
import { telling, type Tell } from './report.ts'

/** Entities, external definitions and inclusions of XML: what makes a parser read more than the document it was given. */
export const xxeDetector: Detector = {
  name: 'xxe',
  // Data islands are named by `#id`.
  chars: CHARS.hash,
  words: [
    '<!doctype',
    '<!entity',
    '<!element',
    '<!attlist',
    'xinclude',
    'xi:include',
    '<?xml',
    '<![cdata',
    'schemalocation',
    'xsl:',
    'php:function',
    'php.net/xsl',
    'xalan',
    'msxsl',
    'xslt',
    'http://',
    'https://',
    'ftp://',
    'file:',
  ],
  detect: telling('xxe', (value, say) => {
    const { lower } = value
    doctype(value, say)
    declaration(lower, say)
    inclusion(lower, say)
    splitMarkup(lower, say)
    schema(value, say)
    island(value, say)
    stylesheet(value, say)
  }),
}

const DECLARATIONS_MAX = 64
/** `<!ENTITY [% ]name SYSTEM|PUBLIC`, up to what follows it. */
const ENTITY = /<!entity\s{1,16}(%\s{0,16})?[^\s"'>]{1,64}\s{1,16}(system|public|["'])/y
/** Document types of HTML, whose public identifiers no parser fetches. */
const HTML_TYPE = /<!doctype\s{1,8}(?:html|svg|math)\b/y

function doctype({ text, lower, location }: Value, say: Tell): void {
  const start = lower.indexOf('<!doctype')
  if (start >= 0) {
    const subset = lower.indexOf('[', start)
    const close = lower.indexOf('>', start)
    const head = lower.slice(
      start,
      Math.min(subset < 0 ? lower.length : subset, close < 0 ? lower.length : close + 1, start + 512),
    )
    const external = /\b(?:system|public)\s{0,8}["']/.exec(head)
    HTML_TYPE.lastIndex = start
    if (external !== null && !(HTML_TYPE.test(lower) && /\bpublic\s{0,8}["']-\/\/(?:w3c|ietf)\/\//.test(head)))
      say('external-type', SCORE.proof, start, start + head.length)
  }
  let entities = 0
  for (
    let at = lower.indexOf('<!entity');
    at >= 0 && entities < DECLARATIONS_MAX;
    at = lower.indexOf('<!entity', at + 8)
  ) {
    entities++
    ENTITY.lastIndex = at
    const match = ENTITY.exec(lower)
    if (match === null) {
      say('entity', SCORE.strong, at, at + 8)
      continue
    }
    if (match[1] !== undefined) say('parameter-entity', SCORE.proof, at, ENTITY.lastIndex)
    else if (match[2] === 'system' || match[2] === 'public') say('external-entity', SCORE.proof, at, ENTITY.lastIndex)
    else expansion(text, lower, at, ENTITY.lastIndex, match[2]!, say)
  }
  // A document that declares entities of its own leaves it to the parser how large it is; text may speak of them.
  const parsed = location === 'xml' || location === 'body'
  if (entities > 0) say('entities', parsed ? SCORE.proof : SCORE.strong, Math.max(start, 0), Math.max(start, 0) + 9)
}

/** An entity that names others grows with each level. */
function expansion(text: string, lower: string, start: number, from: number, quote: string, say: Tell): void {
  const close = lower.indexOf(quote, from)
  const value = text.slice(from, close < 0 ? from + 256 : Math.min(close, from + 4096))
  const named = value.split(/[&%](?!#)[\w.-]{1,64};/).length - 1
  if (named > 1 || /&#(?:37|x25);/i.test(value)) say('expansion', SCORE.proof, start, from)
  // Entities that hold markup escape the parser's idea of the document.
  else if (value.includes('<') || value.length > 1024) say('entity-markup', SCORE.proof, start, from)
}

/** Encodings that hide what stands in a document from all who do not read the declaration. */
const HIDDEN =
  /<\?xml[^>]{0,128}encoding\s{0,8}=\s{0,8}["'](?:utf-?7|utf-?16(?:le|be)?|utf-?32(?:le|be)?|ucs-?[24]|ebcdic|ibm\d{3,4}|cp037|iso-10646-ucs-[24])["']/

function declaration(lower: string, say: Tell): void {
  const at = lower.indexOf('<?xml')
  if (at < 0) return
  const match = HIDDEN.exec(lower.slice(at, at + 256))
  if (match !== null) say('encoding', SCORE.proof, at, at + match[0].length)
}

function inclusion(lower: string, say: Tell): void {
  for (const word of ['www.w3.org/2001/xinclude', '<xi:include', 'www.w3.org/2003/xinclude']) {
    const at = lower.indexOf(word)
    if (at >= 0) return say('inclusion', SCORE.proof, at, at + word.length)
  }
}

/** Brackets given as character data so that markup appears only once a parser has put the text together. */
function splitMarkup(lower: string, say: Tell): void {
  let splits = 0
  let end = -1
  for (
    let at = lower.indexOf('<![cdata[');
    at >= 0 && splits < DECLARATIONS_MAX;
    at = lower.indexOf('<![cdata[', at + 9)
  ) {
    // Sections that nothing closes before the same place are not searched again each.
    if (end < at) end = lower.indexOf(']]>', at)
    if (end < 0) return
    const inner = end - at - 9
    if (inner > 0 && inner <= 3 && /[<>]/.test(lower.slice(at + 9, end)) && ++splits > 1)
      return say('split-markup', SCORE.proof, at, end, 'xss')
  }
}

const REMOTE = /(?:https?|ftp|file|jar|gopher):\/{0,3}/i
/** Namespaces and schemas that documents name by habit and nobody fetches in earnest. */
const WELL_KNOWN =
  /^(?:https?:\/\/)?(?:[\w-]{1,32}\.)?(?:w3\.org|xmlsoap\.org|oasis-open\.org|apache\.org|springframework\.org|sun\.com|oracle\.com|jcp\.org|sitemaps\.org|opengis\.net|purl\.org|microsoft\.com)\b/i

/** Attributes whose address a validating parser fetches. */
const FETCHED =
  /(?:include|import|redefine|override)\.@(?:namespace|schemalocation)$|@(?:[\w-]{1,16}:)?(?:nonamespace)?schemalocation$/

/** Schemas from elsewhere. A place without the namespace it belongs to is no schema location but an address to be fetched. */
function schema({ text, name }: Value, say: Tell): void {
  const lower = name.toLowerCase()
  if (!FETCHED.test(lower)) return
  const places = text.slice(0, 1024).trim().split(/\s+/).slice(0, 16)
  const alone = places.length % 2 === 1
  for (const place of places)
    if (REMOTE.test(place) && !WELL_KNOWN.test(place))
      return say('schema', alone ? SCORE.proof : SCORE.weak, 0, text.length)
}

/** An element filled from another part of the document, once read as markup: `datasrc="#x"`. */
function island({ text, name, location }: Value, say: Tell): void {
  if (location === 'xml' && /@datasrc$/i.test(name) && text.startsWith('#'))
    say('data-island', SCORE.proof, 0, text.length, 'xss')
}

const STYLESHEET = /<\?xml-stylesheet[^>]{0,256}href\s{0,4}=\s{0,4}["'](?:https?|ftp|file|data|javascript):/
const EXTENSION =
  /\b(?:php:function|xalan:\/\/|msxsl:script|java:java|rt:exec|date:date)|xmlns:\w{1,16}\s{0,4}=\s{0,4}["'](?:http:\/\/php\.net\/xsl|urn:schemas-microsoft-com:xslt|http:\/\/xml\.apache\.org\/x(?:alan|slt)\/java)/

/** Namespaces of XSLT that are functions of a language. */
const NAMESPACE =
  /^http:\/\/php\.net\/xsl$|^urn:schemas-microsoft-com:xslt$|^(?:http:\/\/xml\.apache\.org\/)?x(?:alan|slt)\/java|^http:\/\/saxon\.sf\.net\/java|^http:\/\/exslt\.org\/(?:functions|dynamic|common)$/

/** Style sheets that call into the language of the server, or are fetched from elsewhere. */
function stylesheet({ lower, name }: Value, say: Tell): void {
  const fetched = lower.includes('<?xml-stylesheet') ? STYLESHEET.exec(lower) : null
  if (fetched !== null) say('stylesheet', SCORE.strong, fetched.index, fetched.index + fetched[0].length)
  if (name.startsWith('@xmlns', name.lastIndexOf('.') + 1) && NAMESPACE.test(lower))
    say('transformation', SCORE.proof, 0, lower.length)
  const called = EXTENSION.exec(lower)
  if (called !== null) say('transformation', SCORE.proof, called.index, called.index + called[0].length)
}
