import { CHARS, SCORE, type Detector, type Value } from '../detector.ts'
import { telling, type Tell } from './report.ts'
import { proseWords } from './text.ts'

/** How a template engine's expression begins and ends. */
interface Fence {
  readonly open: string
  readonly close: string
}
const FENCES: readonly Fence[] = [
  { open: '{{', close: '}}' },
  { open: '{%', close: '%}' },
  { open: '${', close: '}' },
  { open: '#{', close: '}' },
  { open: '*{', close: '}' },
  { open: '~{', close: '}' },
  { open: '<%', close: '%>' },
  { open: '{$', close: '}' },
  { open: '@(', close: ')' },
  { open: '{=', close: '}' },
]
const EXPRESSION_MAX = 512
const EXPRESSIONS_MAX = 32

/** Two literals and an operator: what a prober multiplies to see whether anything computes. */
const ARITHMETIC = /^[\s=\-!({'"]{0,8}\d{1,12}['"\s)]{0,4}[-+*/%]{1,2}\s{0,4}['"(\s]{0,4}\d{1,12}[\s)'"}]{0,8}$/
/** The insides of Python objects. */
const DUNDER = /__[a-z]{2,24}__|\b(?:mro|subclasses|func_globals|gi_frame|f_globals|co_code)\b/
/** A method called on a literal: a template's way to an object when it is given none. */
const ON_LITERAL =
  /(?:(['"])[^'"]{0,64}\1|\(\)|\[\]|\{\}|\d)\s{0,4}(?:\.\s{0,4}[a-z_]\w{1,32}\s{0,4}[.([]|\|\s{0,4}(?:attr|map|filter|sort|join|reduce|passthru|system|exec)\b|\[['"]__)/
/** Names that engines give every template, followed by a way into them. */
const ROOT =
  /(?:^|[^\w.$])(?:_self|self|request|config|settings|lipsum|cycler|joiner|namespace|get_flashed_messages|url_for|application|smarty|constructor|runtime|_context|_template|template_|dict|class|session|env|app|cookies|_request|this|global|process|require|root|range|product|system|sys|os|import|facade|view|beans|parameters|servletcontext|javax|java|attr)\s{0,4}(?:\|\s{0,4}attr|[.[(]\s{0,4}['"]?\s{0,4}(?:_{0,2}[a-z]\w{0,32}))/
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
  /<#(?:assign|list|include|import|macro|function|setting|attempt|ftl|if)\b|<@[a-z]\w{0,24}\s|#(?:set|foreach|evaluate|parse|include|define|macro)\s{0,4}\(\s{0,4}["'$]|\{\s{0,4}(?:php|literal|include_php|eval|fetch)\s{0,4}[}\s]|\{\$smarty\.|\$(?:class|request|session|application)\.(?:inspect|getclass|class|forname)|\$\w{1,16}\.(?:class|getclass\(\))\.|@(?:php|include|inject|import|eval)\s{0,4}\(|@\(\s{0,4}\d{1,8}\s{0,4}[-+*]\s{0,4}\d|\$\{\{<%\[%|#\{\s{0,4}\w{1,32}\s{0,4}\(|\[\[\s{0,4}\$\{|__\$\{/

/** Expressions of template engines that compute, reach into objects or run; names alone, as in any mail template, pass. */
export const templateDetector: Detector = {
  name: 'template',
  names: true,
  chars: CHARS.brace | CHARS.percent | CHARS.hash | CHARS.at | CHARS.dollar,
  words: [],
  detect: telling('ssti', (value, tell) => {
    let seen = 0
    for (const { open, close } of FENCES) {
      for (
        let at = value.text.indexOf(open);
        at >= 0 && seen < EXPRESSIONS_MAX && !tell.done;
        at = value.text.indexOf(open, at + 2)
      ) {
        seen++
        expression(value, at, open, close, tell)
      }
    }
    const directive = DIRECTIVE.exec(value.lower)
    if (directive !== null)
      judge(value, 'directive', SCORE.proof, directive.index, directive.index + directive[0].length, tell)
  }),
}

function expression(value: Value, at: number, open: string, close: string, tell: Tell): void {
  const { lower } = value
  const start = at + open.length
  const found = lower.indexOf(close, start)
  const end = found < 0 || found - start > EXPRESSION_MAX ? Math.min(lower.length, start + EXPRESSION_MAX) : found
  const inner = lower.slice(start, end)
  const say = (rule: string, score: number): void => judge(value, rule, score, at, end + close.length, tell)
  if (ARITHMETIC.test(inner)) return say('arithmetic', SCORE.proof)
  if (open === '${' && found < 0 && inner.length > 64) return
  if (DUNDER.test(inner)) return say('object-internals', SCORE.proof)
  if (RUNS.test(inner)) return say('call', SCORE.proof)
  if (ON_LITERAL.test(inner) && open !== '${') return say('literal-method', SCORE.proof)
  const root = ROOT.exec(inner)
  if (root !== null && INSIDE.test(inner.slice(root.index))) return say('root', SCORE.proof)
  if (open === '{$' && /^smarty\b/.test(inner)) return say('root', SCORE.proof)
  // On its own it asks what there is; in a text it may be a place to fill.
  if (open !== '{$' && BARE.test(inner) && found > 0)
    return say('bare-root', value.text.trim().length <= end + close.length - at + 4 ? SCORE.proof : SCORE.weak)
  if ((open === '{%' || open === '<%') && found > 0 && STATEMENT.test(inner))
    return say('statement', open === '<%' ? SCORE.proof : SCORE.strong)
}

function judge(value: Value, rule: string, score: number, start: number, end: number, tell: Tell): void {
  const around = proseWords(value.text, 0, start) + proseWords(value.text, end, value.text.length)
  const weaker = value.document || around > 3
  tell(rule, weaker ? Math.min(score, SCORE.weak) : score, start, Math.min(end, value.text.length))
}
