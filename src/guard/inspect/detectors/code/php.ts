import { CHARS, SCORE, type Detector, type Value } from '../../detector.ts'
import { telling, type Tell } from '../report.ts'
import { isWord, proseWords, readsAsSource } from '../text.ts'
import { words } from '../words.ts'
import { isPhpFunction } from './php-functions.ts'

/** Opening tags; `<?xml ` and other processing instructions of XML are not PHP's, `<?xml:` is. */
const TAG = /<\?(?:php\s|=|\s*$|\s{1,8}php\b|\s{1,8}(?!(?:version|xml))[$a-z]|xml\s{0,4}:)|[[{]\/?php[\]}]/i
/** Variables that PHP fills from the request. */
const SUPERGLOBAL =
  /\$\s{0,2}(?:globals|_\s?(?:get|post|cookie|request|files|session|env|server|s\s?erver))\b(?=\s{0,4}(?:[[{'");,.]|$))/i
/** `${'x'}`, `$ {$a}`, `${@print(`: names made at run time. */
const MADE_NAME = /\$\s{0,64}\{\s{0,64}(?:['"@$]|[a-z_]\w{1,30}\s{0,4}\()/i
/** `$a(`, `$a['x'](`, `@$_[1]{2}(`: calls through a variable; the subscripts are walked by hand. */
const VARIABLE = /@?\$\{?\$?[a-z_]\w{0,63}\}?/iy
/** `("system")("id")`, `(sy.(st).em)('id')`, `[system][0](ls);` as all there is. */
const CALLED_EXPRESSION =
  /^(?:[\s$\w=;'",.]{0,80};)?\s{0,4}(?:define\([^;]{1,80};)?\s{0,4}(?:\(string\)\s{0,4})?[(["'][\w\s.'"()[\]{}/*@$,]{1,120}[)\]}"']\s{0,4}(?:\/\*[^*]{0,40}\*\/\s{0,4})?\(\s{0,4}(?:["'][^"']{1,120}["']|[\w\s.'"]{1,64})\s{0,4}\)\s{0,4}(?:;|$)/
/** What is called is made of letters, and so is what it is given. */
const CALLS_WORD = /[a-z][\s\S]*\(\s{0,4}['"]?\s{0,4}[a-z]/i
const WRAPPER =
  /^\s{0,8}(?:php|phar|zip|glob|expect|ogg|rar|zlib|bzip2|ssh2(?:\.\w{1,8})?|compress\.(?:zlib|bzip2|zstd))(?::\/\/|%3a%2f)/
const WRAPPER_WITHIN =
  /\bphp:\/\/(?:filter|input|stdin|memory|temp|fd|output|stdout|stderr)\b|\bphar:\/\/[\w./-]{1,64}|\bexpect:\/\/\w/
/** Settings of php.ini as `name = value`. */
const SETTING =
  /^\s{0,4}(?:opcache\.\w{2,40}|mbstring\.\w{2,40}|session\.\w{2,40}|soap\.wsdl_\w{2,20}|zend\.\w{2,40}|assert\.\w{2,20}|allow_url_(?:fopen|include)|auto_(?:ap|pre)pend_file|disable_(?:functions|classes)|display_errors|enable_dl|error_log|error_reporting|expose_php|extension(?:_dir)?|file_uploads|include_path|mail\.\w{2,20}|max_(?:execution|input)_(?:time|vars)|memory_limit|open_basedir|post_max_size|safe_mode\w{0,20}|short_open_tag|sendmail_path|unserialize_\w{2,30}|upload_(?:tmp_dir|max_filesize)|user_ini\.\w{2,20}|zend_extension)\s{0,4}=\s{0,4}\S/

/** PHP that a value brings along: tags, variables of the request, calls of its functions, its stream wrappers and settings. */
export const phpDetector: Detector = {
  name: 'php',
  names: true,
  chars: CHARS.angle | CHARS.dollar | CHARS.paren,
  words:
    words(`php:// phar:// zip:// glob:// expect:// ogg:// rar:// zlib:// bzip2:// ssh2 compress. [php] [/php] {php} {/php} globals
    opcache. mbstring. session. soap. zend. assert. allow_url auto_prepend auto_append disable_ display_errors enable_dl error_log
    error_reporting expose_php extension file_uploads include_path mail. max_execution max_input memory_limit open_basedir
    post_max_size safe_mode short_open_tag sendmail_path unserialize_ upload_ user_ini zend_extension`),
  detect: telling('php', (value, tell) => {
    const { text, lower, mask, document } = value
    const proof = document ? SCORE.strong : SCORE.proof
    const found = (rule: string, pattern: RegExp, score: number, inLower = false): void => {
      const match = pattern.exec(inLower ? lower : text)
      if (match !== null) tell(rule, score, match.index, match.index + match[0].length)
    }
    if (mask & (CHARS.angle | CHARS.brace | CHARS.bracket)) found('tag', TAG, proof)
    if (mask & CHARS.dollar) {
      found('request-variable', SUPERGLOBAL, proof)
      if (mask & CHARS.brace) found('made-name', MADE_NAME, proof)
      if (mask & (CHARS.paren | CHARS.bracket)) variableCalls(value, tell)
    }
    if (mask & CHARS.paren) {
      calls(value, tell)
      if (text.length < 400 && CALLS_WORD.test(text) && (text.includes(';') || mask & CHARS.quote))
        found('called-expression', CALLED_EXPRESSION, SCORE.proof)
    }
    if (mask & CHARS.colon) {
      found('wrapper', WRAPPER, SCORE.proof, true)
      found('wrapper', WRAPPER_WITHIN, proof, true)
    }
    if (mask & CHARS.equals && !document) found('setting', SETTING, SCORE.proof, true)
    if (value.name.startsWith('_') || value.name.startsWith('$')) namedVariable(value, tell)
  }),
}

function namedVariable({ text, name }: Value, tell: Tell): void {
  if (/^\$_(?:GET|POST|COOKIE|REQUEST|FILES|SESSION|ENV|SERVER)\b|^GLOBALS\b/.test(name))
    tell('request-variable', SCORE.proof, 0, text.length)
}

const TRIES_MAX = 64
const SKIPPED_MAX = 96

/** A call's bracket has a variable before it, with subscripts and comments in between at most. */
function variableCalls({ text, document }: Value, tell: Tell): void {
  let tries = 0
  for (
    let at = text.indexOf('$');
    at >= 0 && tries < TRIES_MAX && !tell.done;
    at = text.indexOf('$', at + 1), tries++
  ) {
    VARIABLE.lastIndex = at
    const name = VARIABLE.exec(text)
    if (name === null) continue
    // `${a} (` is a text with a place to fill.
    if (name[0].endsWith('}') && text.charCodeAt(at + name[0].length) <= 32) continue
    const open = afterSubscripts(text, at + name[0].length)
    if (open < 0 || text[open] !== '(') continue
    const subscripts = open > at + name[0].length
    // jQuery and prices in brackets have no closing call at the end of a short value.
    const whole = !document && proseWords(text, 0, at) === 0 && at <= 40 && /[);,\s}\]]$/.test(text.trimEnd())
    tell('variable-call', whole || (subscripts && !document) ? SCORE.proof : SCORE.weak, at, open + 1)
  }
}

const COMMENT = /\s{1,16}|#[^\r\n]{0,48}[\r\n]{1,2}|\/\/[^\r\n]{0,48}[\r\n]{1,2}|\/\*[^*]{0,48}\*\//y

function afterSubscripts(text: string, from: number): number {
  const end = Math.min(text.length, from + SKIPPED_MAX)
  let at = from
  while (at < end) {
    COMMENT.lastIndex = at
    const comment = COMMENT.exec(text)
    if (comment !== null) {
      at += comment[0].length
      continue
    }
    const code = text.charCodeAt(at)
    if (code !== 91 && code !== 123) return at
    if (text.charCodeAt(at + 1) === code + 2) return -1
    let depth = 0
    for (; at < end; at++) {
      const inner = text.charCodeAt(at)
      if (inner === 91 || inner === 123) depth++
      else if ((inner === 93 || inner === 125) && --depth === 0) break
    }
    if (at >= end) return -1
    at++
  }
  return -1
}

/** Where a statement or a string begins: at the start, behind a separator, an opening or a quote. */
const BEGINS = /(?:^|[;|&'"`({@>!])\s{0,4}$/

const NAME_MAX = 48

/** `name(`: the word before each bracket is looked up; blanks and a comment may stand between. */
function calls(value: Value, tell: Tell): void {
  const { text, lower, document } = value
  let tries = 0
  for (
    let open = text.indexOf('(');
    open >= 0 && tries < TRIES_MAX && !tell.done;
    open = text.indexOf('(', open + 1), tries++
  ) {
    const end = beforeComment(text, open)
    let start = end
    while (start > 0 && end - start < NAME_MAX && isWord(text.charCodeAt(start - 1))) start--
    if (start === end) continue
    const rank = rankOf(lower.slice(start, end))
    if (rank === 0) continue
    if (document) {
      tell('call', SCORE.weak, start, open + 1)
      continue
    }
    const around = proseWords(text, 0, start)
    const close = text.indexOf(')', open)
    const after = close < 0 ? 0 : proseWords(text, close + 1, text.length)
    // In a sentence a function is spoken of, unless it is given a string to run.
    const run = rank === 2 && RUNS.test(text.slice(open, open + 24))
    // A method of an object is some other language's.
    const method = start > 0 && (text[start - 1] === '.' || text.slice(start - 2, start) === '::')
    if (method && !run) continue
    // Words before brackets (as here) have a blank in between.
    const spoken = text.charCodeAt(open - 1) <= 32 && around + after > 0
    const alone = !spoken && around < 2 && after < 2 && !readsAsSource(text)
    const sure = run || (alone && (rank === 2 || BEGINS.test(text.slice(Math.max(0, start - 8), start))))
    tell('call', sure ? SCORE.proof : SCORE.weak, start, open + 1)
  }
}

/** A string, a variable or the output of another call as what is run. */
const RUNS =
  /^\(\s{0,4}(?:['"`]\s{0,4}[\w/.`$<%\\-]|\$_?[a-z]|base64_decode|gzinflate|str_rot13|file_get_contents|chr\()/i

function rankOf(name: string): 0 | 1 | 2 {
  const exact = isPhpFunction(name)
  if (exact > 0) return exact
  // FOOcall_user_func(: what is glued in front does not matter to a naive concatenation.
  return /^[a-z]{0,8}(?:call_user_func|gzinflate|base64_decode|shell_exec|create_function)$/.test(name) ? 2 : 0
}

function beforeComment(text: string, open: number): number {
  let at = open
  for (let step = 0; step < 4; step++) {
    const from = at
    while (at > 0 && open - at < 64 && (text.charCodeAt(at - 1) <= 32 || text[at - 1] === '=')) at--
    if (text[at - 1] === '/' && text[at - 2] === '*') {
      const start = text.lastIndexOf('/*', at - 2)
      if (start >= 0 && at - start < 48) at = start
    } else if (from !== at) {
      const line = /(?:#|\/\/)[^\r\n]{0,24}$/.exec(text.slice(Math.max(0, at - 26), at))
      if (line !== null) at -= line[0].length
    }
    if (from === at) break
  }
  return at
}
