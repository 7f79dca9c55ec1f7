import { CHARS, SCORE, type Detector } from '../../detector.ts'
import { telling } from '../report.ts'
import { words } from '../words.ts'

/** Cmdlets and classes that fetch, run or read; the approved verbs alone also begin ordinary hyphenated words. */
const CMDLET =
  /\b(?:invoke-(?:webrequest|restmethod|expression|command|item|wmimethod|cimmethod|mimikatz|shellcode|obfuscation|history)|new-(?:object|service|psdrive|itemproperty|localuser|scheduledtask\w{0,10})|start-(?:process|job|bitstransfer|service|sleep)|get-(?:content|childitem|process|wmiobject|ciminstance|service|itemproperty|credential|localuser|netipaddress|aduser|hotfix|command|history|clipboard|location|eventlog|host)|set-(?:executionpolicy|mppreference|itemproperty|content|location|service)|add-(?:type|mppreference|localgroupmember|content)|out-(?:file|string|null)|convertto-securestring|import-module|register-scheduledtask|copy-item|remove-item|move-item|rename-item|test-netconnection|write-(?:host|output)|select-string|read-host|stop-(?:process|service|computer)|restart-(?:computer|service)|expand-archive|enter-pssession)\b/g
const CLASSES =
  /\[?(?:system\.)?(?:net\.webclient|convert\]::frombase64string|reflection\.assembly|diagnostics\.process|management\.automation|text\.encoding\]::)/
const SWITCHES =
  /\b(?:powershell|pwsh)(?:\.exe)?["']?\s[^\r\n]{0,32}?(?:-|\/)(?:e(?:nc|c|ncodedcommand)?|c(?:ommand)?|nop(?:rofile)?|w(?:indowstyle)?|ep|ex(?:ec|ecutionpolicy)?|noni|f(?:ile)?)\b/

/** Windows PowerShell: cmdlets with an argument, .NET classes that download or load, and the switches of an interpreter. */
export const powershellDetector: Detector = {
  name: 'powershell',
  chars: CHARS.word,
  needs: 'both',
  words: words(`
    invoke- powershell pwsh new-object start- get- set- add- out- convertto- import-module frombase64string
    webclient copy-item remove-item reflection.assembly diagnostics.process management.automation write-host
    select-string
  `),
  detect: telling('rce', ({ lower, document }, tell) => {
    const say = (rule: string, score: number, start: number, end: number): void =>
      tell(rule, document ? Math.min(score, SCORE.strong) : score, start, end)
    const run = SWITCHES.exec(lower)
    if (run !== null) say('powershell', SCORE.proof, run.index, run.index + run[0].length)
    const loaded = CLASSES.exec(lower)
    if (loaded !== null) say('powershell-class', SCORE.strong, loaded.index, loaded.index + loaded[0].length)
    CMDLET.lastIndex = 0
    const cmdlet = CMDLET.exec(lower)
    if (cmdlet === null) return
    // At the start of a line or behind a separator it runs; within a sentence it is told of.
    const runs = /(?:^|[;|&({=`]|"|')\s{0,8}$/.test(lower.slice(Math.max(0, cmdlet.index - 9), cmdlet.index))
    say('cmdlet', runs ? SCORE.proof : SCORE.weak, cmdlet.index, cmdlet.index + cmdlet[0].length)
  }),
}
