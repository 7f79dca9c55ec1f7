import { CHARS, SCORE, type Detector } from '../detector.ts'
import { telling } from './report.ts'
import { words } from './words.ts'

/** A server runs these when they lie below its document root, whatever other ending follows. */
const RUN_BY_SERVER =
  /\.\s?(php\d{0,3}|phtml|pht|phpt|phps|phar|jspx?|jspf|jsw|jsv|asp|aspx|ashx|asmx|cer|cfml?|shtml?)(?:[\s.]{0,32}$|\.\s?[a-z0-9]{1,5}[\s.]{0,8}$)/
/** A server reads these as its own settings or secrets. */
const SETTINGS =
  /(?:^|[\\/])(?:\.(?:htaccess|htpasswd|user\.ini|boto|env|npmrc|bashrc|profile|ssh|aws|netrc|git-credentials|my\.cnf|dockercfg|pgpass)|web\.config|wp-config\.?\s?php|wp-config-?php\.bak|wp-config\..{1,8}|settings\.\s?php|localsettings\.php|(?:config|configuration|settings)\.(?:yml|yaml|php|inc)|sess_[a-z0-9,-]{20,64})\s{0,8}$/
/** Devices and knobs below /proc, asked for as a file. */
const KERNEL = /^(?:mtrr|acpi|kcore|kmsg|kallsyms|iomem|ioports|vmallocinfo)$/

const HEADERS = /^x[-_.]?file[-_.]?name$/

/** Names of uploaded files that a web server would run or obey. Apostrophes, blanks and semicolons in a name are legal. */
export const uploadDetector: Detector = {
  name: 'upload',
  chars: CHARS.word,
  needs: 'both',
  words:
    words(`.php .pht .phar .jsp .jsw .jsv .asp .ash .asm .cer .cfm .shtm .htaccess .htpasswd .user.ini .boto .env .npmrc .bashrc .profile .ssh .aws .netrc
    .git .my.cnf .docker .pgpass config settings sess_ mtrr acpi kcore kmsg kallsyms iomem ioports vmalloc`).concat([
      '. php',
      '. pht',
      '. jsp',
      '. asp',
    ]),
  detect: telling(
    'php',
    (value, tell) => {
      if (value.location !== 'file-name' && !(value.location === 'header' && HEADERS.test(value.name))) return
      const { lower } = value
      if (lower.length > 1024) return
      const run = RUN_BY_SERVER.exec(lower)
      const threat = run === null ? 'rce' : run[1]!.startsWith('p') ? 'php' : run[1]!.startsWith('j') ? 'java' : 'rce'
      if (run !== null) tell('run-by-server', SCORE.proof, run.index, lower.length, threat)
      else if (SETTINGS.test(lower)) tell('settings', SCORE.proof, 0, lower.length, threat)
      else if (KERNEL.test(lower)) tell('kernel', SCORE.proof, 0, lower.length, threat)
    },
    'upload',
  ),
}
