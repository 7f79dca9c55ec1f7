import { CHARS, SCORE, type Detector, type Value } from '../detector.ts'
import { telling, type Tell } from './report.ts'
import { proseWords } from './text.ts'
import { textUnits } from '../scan/units.ts'

/** How expressions of template engines begin, and with what they end. */
const FENCES: readonly (readonly [open: string, close: string])[] = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['${', '}'],
  ['#{', '}'],
  ['*{', '}'],
  ['~{', '}'],
  ['<%', '%>'],
  ['{$', '}'],
  ['@(', ')'],
  ['{=', '}'],
]
/** One more than the fence's place in FENCES, by its two characters; most pairs are none. */
const FENCE_OF = new Uint8Array(1 << 14)
const FENCES_BEGIN = new Uint8Array(128)
for (const [index, [open]] of FENCES.entries()) {
  FENCE_OF[(open.charCodeAt(0) << 7) | open.charCodeAt(1)] = index + 1
  FENCES_BEGIN[open.charCodeAt(0)] = 1
}
/** Longest expression looked into; templates of people's making are a tenth of it. */
const EXPRESSION_MAX = 1024

/** Two literals and an operator: what a prober multiplies to see whether anything computes. */
const ARITHMETIC = /^[\s=\-!({'"]{0,8}\d{1,12}['"\s)]{0,4}[-+*/%]{1,2}\s{0,4}['"(\s]{0,4}\d{1,12}[\s)'"}]{0,8}$/
/** The insides of Python objects. */
const DUNDER = /__[a-z]{2,24}__|\b(?:mro|subclasses|func_globals|gi_frame|f_globals|co_code)\b/
/** A method called on a literal: a template's way to an object when it is given none. */
const ON_LITERAL =
  /(?:(['"])[^'"]{0,64}\1|\(\)|\[\]|\{\}|\d)\s{0,4}(?:\.\s{0,4}[a-z_]\w{1,32}\s{0,4}[.([]|\|\s{0,4}(?:attr|map|filter|sort|join|reduce|passthru|system|exec)\b|\[['"]__)/
/** Names that engines give every template, followed by a way into them. */
const ROOT =
  /(?:^|[^\w.$])(_self|self|request|config|settings|lipsum|cycler|joiner|namespace|get_flashed_messages|url_for|application|smarty|constructor|runtime|_context|_template|template_|dict|class|session|env|app|cookies|_request|this|global|process|require|root|range|product|system|sys|os|import|facade|view|beans|parameters|servletcontext|javax|java|attr)\s{0,4}(?:\|\s{0,4}attr|[.[(]\s{0,4}['"]?\s{0,4}(?:_{0,2}[a-z]\w{0,32}))/
const INSIDE =
  /\b(?:attr|os|system|popen|exec(?:ute)?|eval|env|template|module|context|_mmarker|compat|getclass|class|forname|getruntime|invoke|constructor|prototype|mainmodule|globals|builtins|iteritems|items|from_object|environ|secret_key|root_path|version|getenv|getproperty|put|filter|registerundefinedfiltercallback|getfilter|display|debug|inspect|linecache|template_object|attribute|application|getservletcontext|current_app|jinja_env|write|read|newinstance|server)\b/
/** A call that runs, reads or loads. */
const RUNS =
  /\b(?:exec|execute|system|popen|eval|getruntime|forname|newinstance|invoke|shell_exec|passthru|file_get_contents|readfile|file_put_contents|file\.(?:open|read)|dir\.(?:entries|glob)|io\.popen|require|import|include|loadclass|processbuilder|scriptengine\w{0,12}|phpinfo|settemplateimportpath|sleep|urlclassloader|toastring|readobject|spawn\w{0,8}|toarray|fromcharcode|alert|prompt|confirm|system\.getenv|ex)\s{0,4}\(|\bt\s{0,2}\(\s{0,4}(?:java|org|sun|com|system|runtime|string)|%x[({[|]|`[^`]{1,64}`|\?\s{0,2}(?:new|api|eval|interpret)\b|\bnew\s{1,4}java\.|java\.(?:lang|io|util|net)\./
/** What a template says to be told everything. */
const BARE =
  /^\s{0,8}(?:self|config|request|_self|settings|app|session|_context|this|dump\(\w{0,16}\)|debug|dir\(\)|env|globals\(\)|locals\(\)|\.env|@at_root|application|product|root)\s{0,8}(?:\|\s{0,4}\w{1,24}\s{0,4})?$/
/** Statements with code in them. */
const STATEMENT = /^\s{0,8}-?(?:import|include|extends|macro|set|for|if|call|from|print|block|autoescape|debug|with)\b/

/** Directives without a fence of their own. */
const DIRECTIVE =
  /<#(?:assign|list|include|import|macro|function|setting|attempt|ftl|if)\b|<@[a-z]\w{0,24}\s|#(?:set|foreach|evaluate|parse|include|define|macro)\s{0,4}\(\s{0,4}["'$]|\{\s{0,4}(?:php\s{0,4}\}|include_php\s|fetch\s{1,4}file=)|\{\$smarty\.|\$(?:class|request|session|application)\.(?:inspect|getclass|class|forname)|\$\w{1,16}\.(?:class|getclass\(\))\.|@(?:php|include|eval)\s{0,4}\(|@\(\s{0,4}\d{1,8}\s{0,4}[-+*]\s{0,4}\d|\$\{\{<%\[%|#\{\s{0,4}\w{1,32}\s{0,4}\(|\[\[\s{0,4}\$\{|__\$\{/

/** One of them stands in every directive. */
const DIRECTIVE_CHARS = CHARS.hash | CHARS.at | CHARS.brace | CHARS.dollar

/** Expressions of template engines that compute, reach into objects or run; names alone, as in any mail template, pass. */
export const templateDetector: Detector = {
  name: 'template',
  names: true,
  chars: CHARS.brace | CHARS.percent | CHARS.hash | CHARS.at | CHARS.dollar,
  words: [],
  detect: telling('ssti', (value, tell) => {
    const { text, mask } = value
    // Each fence has a brace, a percent sign or an at sign.
    const last = (mask & (CHARS.brace | CHARS.percent | CHARS.at)) === 0 ? 0 : text.length - 1
    const units = textUnits(text)
    for (let at = 0; at < last && !tell.done; at++) {
      const first = units[at]!
      if (first > 127 || FENCES_BEGIN[first] === 0) continue
      const second = units[at + 1]!
      const fence = second < 128 ? FENCE_OF[(first << 7) | second]! : 0
      if (fence === 0) continue
      const [open, close] = FENCES[fence - 1]!
      at = expression(value, at, open, close, tell) - 1
    }
    if ((mask & DIRECTIVE_CHARS) === 0) return
    const directive = DIRECTIVE.exec(value.lower)
    if (directive !== null)
      judge(value, 'directive', SCORE.proof, directive.index, directive.index + directive[0].length, tell)
  }),
}

/** Judges the expression at `at`, the innermost of those that end with it as well. Returns where to read on. */
function expression(value: Value, at: number, open: string, close: string, tell: Tell): number {
  const { lower } = value
  const start = at + open.length
  const window = lower.slice(start, start + EXPRESSION_MAX)
  const found = window.indexOf(close)
  const inner = found < 0 ? window : window.slice(0, found)
  const nested = inner.lastIndexOf(open)
  const innermost = nested < 0 ? inner : inner.slice(nested + open.length)
  const end = start + inner.length
  const rule = ruleOf(value, inner, innermost, open, found >= 0)
  if (rule !== null) judge(value, rule[0], rule[1], at, end, tell)
  // Past what was looked at; an expression that begins near the end of a window without a close is looked at whole.
  return found >= 0 ? end : Math.max(at + 2, nested > 0 ? start + nested : end - open.length)
}

function ruleOf(
  value: Value,
  inner: string,
  innermost: string,
  open: string,
  closed: boolean,
): readonly [string, number] | null {
  const has = holds(inner)
  if ((has & DIGIT) !== 0 && ARITHMETIC.test(innermost)) return ['arithmetic', SCORE.proof]
  if (DUNDER.test(inner)) return ['object-internals', SCORE.proof]
  if ((has & (REACH | RUN)) !== 0) {
    if (RUNS.test(inner)) return ['call', SCORE.proof]
    if (open !== '${' && ON_LITERAL.test(inner)) return ['literal-method', SCORE.proof]
    const root = (has & REACH) === 0 ? null : ROOT.exec(inner)
    if (root !== null && INSIDE.test(inner.slice(root.index + root[1]!.length + 1))) return ['root', SCORE.proof]
  }
  if (open === '{$' && inner.startsWith('smarty')) return ['root', SCORE.proof]
  // On its own it asks what there is; in a text it may be a place to fill.
  if (closed && open !== '{$' && BARE.test(innermost))
    return ['bare-root', value.text.trim().length <= inner.length + 8 ? SCORE.proof : SCORE.weak]
  if (closed && (open === '{%' || open === '<%') && STATEMENT.test(inner))
    return ['statement', open === '<%' ? SCORE.proof : SCORE.strong]
  return null
}

const DIGIT = 1
/** `.`, `|`, `[`, `(`: a way into something. */
const REACH = 2
/** `%`, backtick, `?`: with letters behind them they run. */
const RUN = 4
const HELD = new Uint8Array(128)
for (const char of '0123456789') HELD[char.charCodeAt(0)] = DIGIT
for (const char of '.|[(') HELD[char.charCodeAt(0)] = REACH
for (const char of '%`?') HELD[char.charCodeAt(0)] = RUN

/** Which of those characters an expression holds: without them most patterns need not be tried. */
function holds(text: string): number {
  let held = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 128) held |= HELD[code]!
  }
  return held
}

/** How far around an expression a sentence is looked for. */
const AROUND_MAX = 256

function judge(value: Value, rule: string, score: number, start: number, end: number, tell: Tell): void {
  const { text } = value
  const around =
    proseWords(text, Math.max(0, start - AROUND_MAX), start) +
    proseWords(text, end, Math.min(text.length, end + AROUND_MAX))
  const weaker = value.document || around > 3
  tell(rule, weaker ? Math.min(score, SCORE.weak) : score, start, Math.min(end, value.text.length))
}
