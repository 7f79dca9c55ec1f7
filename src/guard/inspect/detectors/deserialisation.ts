import { CHARS, SCORE, type Detector } from '../detector.ts'
import type { ThreatClass } from '../../threats.ts'
import { telling } from './report.ts'
import { words } from './words.ts'

interface Marker {
  readonly rule: string
  readonly threat: ThreatClass
  readonly pattern: RegExp
  /** Told only, where it may be part of a token by chance. */
  readonly score?: number
}

/** How streams of objects begin, by the runtime that would bring them to life. */
const MARKERS: readonly Marker[] = [
  // The stream header AC ED 00 05, plain and in the three alignments of base64.
  {
    rule: 'java',
    threat: 'java',
    pattern:
      /[\ufffd\u00ac][\ufffd\u00ed]\p{Cc}{2}[suw]|aced0005|(?:^|[^a-z0-9+/])(?:rO0AB[A-Za-z0-9+/]|KztAAU|Cs7QAF)/u,
  },
  { rule: 'php', threat: 'php', pattern: /(?:^|[;{}"'\s=:])[OC]:\+?\d{1,4}:"[\w\\]{1,128}":\+?\d{1,5}:\s{0,2}\{/ },
  {
    rule: 'php-array',
    threat: 'php',
    pattern: /^a:\d{1,4}:\{(?:i:\d{1,6}|s:\d{1,4}:"[^"]{0,64}");[aOsibdN][:;]/,
    score: SCORE.strong,
  },
  {
    rule: 'python-pickle',
    threat: 'deserialisation',
    pattern:
      /\bc(?:posix|nt|os|subprocess|__builtin__|builtins|sys)\n(?:system|popen|exec|eval|call|check_output|Popen|modules)\n|(?:^|[^A-Za-z0-9+/])gASV[A-Za-z0-9+/]{8}/,
  },
  { rule: 'node', threat: 'nodejs', pattern: /_\$\$ND_(?:FUNC|CC)\$\$_/ },
  {
    rule: 'dotnet',
    threat: 'deserialisation',
    pattern:
      /(?:^|[^A-Za-z0-9+/])AAEAAAD\/\/\/\/\/|ObjectDataProvider|"\$type"\s{0,4}:\s{0,4}"System\.|System\.(?:Windows\.Data\.|Diagnostics\.Process|Configuration\.Install|Web\.UI\.LosFormatter)/,
  },
  {
    rule: 'yaml',
    threat: 'deserialisation',
    pattern:
      /!!(?:python\/(?:object|name|module|apply)|javax?\.|com\.sun\.|org\.|ruby\/(?:object|struct|hash))[\w./:]{0,64}|!ruby\/(?:object|hash|struct|sym)/,
  },
  { rule: 'ruby', threat: 'ruby', pattern: /(?:^|[^A-Za-z0-9+/])BAh[a-zA-Z0-9+/]{16}/ },
  {
    rule: 'json-type',
    threat: 'java',
    pattern: /"@(?:type|class)"\s{0,4}:\s{0,4}"(?:java|javax|com\.sun|org\.apache|org\.springframework|sun)\./,
  },
]

/** Serialised objects of Java, PHP, Python, Node.js, .NET, Ruby and YAML where an application would expect data. */
export const deserialisationDetector: Detector = {
  name: 'deserialisation',
  names: true,
  chars: CHARS.control,
  words:
    words(`aced0005 ro0ab kztaau cs7qaf gasv cposix cnt csubprocess __builtin__ cbuiltins _$$nd_ aaeaaad objectdataprovider
    "$type" system. !!python !!java !!com. !!org. !!ruby !ruby bah "@type" "@class" a:1: a:2: a:3: :{s: :{i: :{o: :{a: :{b: :{} :0:{ cos
    `),
  detect: telling('deserialisation', ({ text, document }, tell) => {
    for (const { rule, threat, pattern, score = SCORE.proof } of MARKERS) {
      const match = pattern.exec(text)
      if (match !== null)
        tell(rule, document ? SCORE.strong : score, match.index, match.index + match[0].length, threat)
    }
  }),
}

/** The beginning of a `data:` address that is not a picture, a sound or a document but text to be read in. */
const DATA = /^\s{0,8}data:(?:text\/(?:plain|html|php|xml)|application\/(?:x-(?:httpd-)?php|xml)|,|;base64,)/

/** `data:` addresses as stream wrappers: what include() and its like would read. */
export const dataUriDetector: Detector = {
  name: 'data-uri',
  names: true,
  chars: CHARS.colon,
  needs: 'both',
  words: ['data:'],
  detect({ lower, location }, report) {
    if (location === 'header') return
    const match = DATA.exec(lower)
    if (match !== null)
      report({ class: 'php', rule: 'php.data-uri', score: SCORE.proof, start: match.index, end: match[0].length })
  },
}
