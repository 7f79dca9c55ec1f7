import { CHARS, SCORE, type Detector } from '../../detector.ts'
import { telling } from '../report.ts'
import { proseWords } from '../text.ts'
import { words } from '../words.ts'

/** Perl's interpolated code `@{[ … ]}` with anything in it, and a program of it on one line. */
const PERL =
  /@\{\s{0,8}\[\s{0,8}[^\s\]]|\buse\s{1,4}(?:socket|io::socket|strict|warnings|mime::base64)\b\s{0,4};|\bqx\s{0,4}[{(/|!]|\bopen\s{0,4}\(\s{0,4}std(?:in|out|err)\b/
/** Ruby's processes, evaluation and files. */
const RUBY =
  /(?:^|[^\w.])(?:process\.(?:spawn|exec|daemon|kill)|kernel\.(?:exec|system|open|spawn|fork|eval)|io\.popen|open3\.\w{3,16}|file\.(?:open|read|write|delete|readlines)\s{0,4}\(|dir\.(?:glob|entries)\s{0,4}\(|erb\.new|marshal\.load|pty\.spawn|object\.const_get|instance_eval|class_eval|%x[({[|])/
/** Python's way to the system. */
const PYTHON =
  /__import__\s{0,4}\(|\b(?:os\.(?:system|popen|exec[lv]\w{0,2}|spawn\w{1,4})|subprocess\.(?:popen|call|run|check_output|getoutput)|socket\.socket)\s{0,4}\(|\bimport\s{1,4}(?:os|socket|subprocess|pty)\b\s{0,4}[;,]|\b__(?:globals|builtins|subclasses|mro|bases?|class|init|getattribute|code|reduce)__\b/
/** Objects of classic ASP and of the Windows Script Host. */
const ASP =
  /\bserver\.(?:scripttime|createobject|mappath|execute|urlencode|htmlencode)|on error resume next|\bwscript\.(?:shell|createobject|network)|\bcreateobject\s{0,4}\(|response\.(?:write|binarywrite)\s{0,4}\(\s{0,4}["']?(?:\d|chr)|<%\s{0,4}(?:eval|execute)\s{0,4}(?:\(|request)/

/** Code of Perl, Ruby, Python and ASP in a value. */
export const scriptingDetector: Detector = {
  name: 'scripting',
  names: true,
  chars: CHARS.brace,
  words:
    words(`socket; process. kernel. io.popen open3. file. dir. erb.new marshal. pty. const_get _eval %x{ %x( %x[ __import __globals
    __builtins __subclasses __mro __base __class __init __getattr __code __reduce os. subprocess. socket. server. wscript. createobject
    response. qx{ qx( qx/ io::socket mime::base64 (std ;use`).concat([
      'use ',
      'import ',
      'on error resume',
      '<%eval',
      '<% e',
    ]),
  detect: telling(
    'rce',
    ({ text, lower, document }, tell) => {
      const say = (rule: 'perl' | 'ruby' | 'python' | 'asp', pattern: RegExp): void => {
        const match = pattern.exec(lower)
        if (match === null) return
        const told = proseWords(text, 0, match.index) > 2
        const threat = rule === 'perl' || rule === 'ruby' ? rule : 'rce'
        tell(rule, document || told ? SCORE.weak : SCORE.proof, match.index, match.index + match[0].length, threat)
      }
      say('perl', PERL)
      say('ruby', RUBY)
      say('python', PYTHON)
      say('asp', ASP)
    },
    'code',
  ),
}
