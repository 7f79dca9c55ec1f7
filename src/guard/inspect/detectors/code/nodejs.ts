import { CHARS, SCORE, type Detector } from '../../detector.ts'
import { telling } from '../report.ts'
import { proseWords, readsAsSource } from '../text.ts'
import { words } from '../words.ts'

/** Names that lead from a value to the process, its modules and its files. */
const REACH =
  /require\s{0,4}\(\s{0,4}['"`](?:node:)?(?:child_process|fs|os|net|http|vm|cluster|worker_threads|process|path|repl|module|dns)\b|child_process|process\s{0,4}\.\s{0,4}(?:mainmodule|binding|dlopen|env|kill|exit|cwd|argv|execpath|stdout)\b|process\s{0,4}\[\s{0,4}(?:['"`]|req)|module\.exports\s{0,4}=|global\.process|globalthis\.process|require\.main|(?:^|[^\w.])(?:this|constructor|\w{0,16}\]?)\.constructor\.constructor|constructor\._load|\.(?:execsync|spawnsync|execfile(?:sync)?)\s{0,4}\(|=\s{0,4}require\s{0,4};/
/** Code that is made of text. */
const MADE =
  /new\s{1,4}function\s{0,4}\(|^[\s('"`;+!-]{0,8}function\s{0,4}\w{0,16}\(\s{0,4}\)\s{0,4}\{|(?:^|[^\w.])(?:settimeout|setinterval|setimmediate)\s{0,4}\(\s{0,4}['"`]|string\.fromcharcode\s{0,4}\(|console\s{0,4}(?:\.\s{0,4}(?:log|info|error|debug|dir|table|warn|trace|assert)|\[\s{0,4}['"`]\w{2,8}['"`]\s{0,4}\])\s{0,4}\(\s{0,4}\d|\$\d{1,3}:(?:__proto__|constructor)|\w:constructor:constructor/
/** Loops that never end. */
const ENDLESS =
  /(?:^|[^\w.])(?:while\s{0,4}\(\s{0,4}[(\s]{0,4}(?:true|1|!+\s{0,4}(?:-?0|false|null|nan|undefined|''|""|\[\]|\{\})|!!['"]{2}|string|infinity|object|-?[1-9]\d{0,8}|['"][^'"]{1,16}['"]|\[\]|\{\})[\s)]{0,4}\)|for\s{0,4}\(\s{0,4};\s{0,4};\s{0,4}\))/

/** JavaScript for a server: the way to its modules and its process, code made from text, and loops without end. */
export const nodejsDetector: Detector = {
  name: 'nodejs',
  names: true,
  chars: CHARS.word,
  needs: 'both',
  words:
    words(`require( child_process process. process[ module.exports globalthis global.process require.main constructor exec( execsync spawn function( settimeout
    setinterval setimmediate fromcharcode console. console[ while( for( __proto__ =require`).concat([
      'new function',
      'function (',
      'while (',
      'for (',
      'for(;',
      '= require',
      'require (',
    ]),
  detect: telling('nodejs', ({ text, lower, document }, tell) => {
    const say = (rule: string, pattern: RegExp, alone: boolean): void => {
      const match = pattern.exec(lower)
      if (match === null) return
      const end = match.index + match[0].length
      const told = proseWords(text, 0, match.index) > 1 || proseWords(text, end, text.length) > 1
      const source = readsAsSource(text)
      const score = document || (alone && (told || source)) ? SCORE.weak : told || source ? SCORE.strong : SCORE.proof
      tell(rule, score, match.index, end)
    }
    say('reach', REACH, false)
    say('made-code', MADE, true)
    say('endless-loop', ENDLESS, true)
  }),
}
