import { CHARS, SCORE, type Detector, type Value } from '../../detector.ts'
import { isSpace } from '../text.ts'
import { telling, type Tell } from '../report.ts'
import { words } from '../words.ts'
import { canonical, isProbedFile, isSecretFile, isSystemFile } from './files.ts'
import { climbsIn, type Climb } from './traversal.ts'

/** Longest value that can be a path and nothing else. */
const WHOLE_MAX = 4096
/** Longest tail of a path that names a file. */
const TAIL_MAX = 512

/** Path traversal and reading of files: climbs above the start, the system's own files, shares, and what probers ask for. */
export const pathDetector: Detector = {
  name: 'path',
  names: true,
  chars: CHARS.dotdot | CHARS.control,
  words: words(String.raw`
    etc/ etc\ passwd /proc/ /sys/ /var/ /usr/ /opt/ /root /dev/ /bin/ /log \log .ini .conf system32 :\ c:/ d:/ \\
    apache xampp httpd volumes/ library/ inetpub .ht -inf/ .git .svn .hg .env .ssh .aws .docker .kube .bak .sql
    .old .orig .sw ~ wp-con id_rsa id_dsa history .npmrc .ds_store phpinfo global.asa ntuser sysprep web.config /.
    server-status __x00__ adminer trace.axd etc% 0x2f 0x5c backup. dump. .db .rdb .sql .mdb .dbf .sdf .p12 .pfx .jks .pem .key keystore letsencrypt
  `),
  detect: telling(
    'path-traversal',
    (value, tell) => {
      if (value.location === 'path') return inRequestPath(value, tell)
      if (value.mask & CHARS.dotdot) climbs(value, tell)
      if (value.text.length <= WHOLE_MAX && !value.document) whole(value, tell)
    },
    'path',
  ),
}

function inRequestPath(value: Value, tell: Tell): void {
  const { text } = value
  const climb = value.mask & CHARS.dotdot ? highest(climbsIn(text)) : null
  if (climb !== null) tell('traversal', climb.above > 0 ? SCORE.proof : SCORE.strong, climb.start, climb.end)
  const path = canonical(text)
  if (isProbedFile(path) || (climb !== null && isSecretFile(path))) tell('probe', SCORE.proof, 0, text.length)
}

function highest(found: readonly Climb[]): Climb | null {
  let best: Climb | null = null
  for (const climb of found) if (best === null || climb.above > best.above) best = climb
  return best
}

function climbs(value: Value, tell: Tell): void {
  const { text } = value
  const found = climbsIn(text)
  for (const climb of found) {
    const path = canonical(text.slice(Math.max(climb.start, climb.end - TAIL_MAX), climb.end))
    if (isSystemFile(path)) tell('traversal-file', value.document ? SCORE.strong : SCORE.proof, climb.start, climb.end)
  }
  const climb = highest(found)
  if (climb === null || climb.above === 0) return
  // A path with words around it is more often told of than followed.
  const linked = text.charCodeAt(climb.start - 1) === 40 // [text](../x), url(../x)
  if (linked || value.document || hasSpace(text, 0, climb.start) || hasSpace(text, climb.end, text.length))
    tell('traversal-told', climb.above > 2 && !value.document ? SCORE.strong : SCORE.weak, climb.start, climb.end)
  else tell('traversal', SCORE.proof, climb.start, climb.end)
}

/** `C:\Program Files\x` and `/etc/x` as all there is. */
const ABSOLUTE = /^\s*(?:[\\/]|[a-z]:[\\/]|%[a-z]+%[\\/]|etc[\\/])/i
/** Names run together, as decoders leave them that drop what they cannot read. */
const RUN_TOGETHER = /etc.{0,3}(?:passwd|shadow|issue|hosts)$|win(?:dows|nt).{0,3}system32|(?:boot|win)\.ini$/
/** Dots and slashes written as numbers. */
const WRITTEN_OUT = /0x(?:2e|2f|5c).{0,2}0x(?:2e|2f|5c)/
const SHARE = /^\s*\\\\[^\\\s]{1,253}\\[^\\\s]/
/** Administrative shares, and hosts given as an address: nobody's bookmark. */
const SHARE_PROOF =
  /^\s*\\\\(?:[^\\\s]{1,253}\\[a-z]+\$|[\d.]+(?:@\d+)?\\|\[?[0-9a-f:]*::?[0-9a-f:.]*\]?\\|[^\\\s]{1,253}@(?:ssl|\d+)\\)/i

function whole(value: Value, tell: Tell): void {
  const { text } = value
  if (SHARE.test(text)) tell('share', SHARE_PROOF.test(text) ? SCORE.proof : SCORE.strong, 0, text.length)
  const spaced = hasSpace(text.trim(), 0, text.length)
  const path = canonical(text)
  if (ABSOLUTE.test(text) ? (!spaced || /^\s*[a-z]:/i.test(text)) && isSystemFile(path) : !spaced && isSecretFile(path))
    tell('system-file', SCORE.proof, 0, text.length)
  if (!spaced && (WRITTEN_OUT.test(value.lower) || RUN_TOGETHER.test(value.lower)))
    tell('bad-encoding', SCORE.proof, 0, text.length)
}

function hasSpace(text: string, from: number, to: number): boolean {
  for (let at = from; at < to && at < text.length; at++) if (isSpace(text.charCodeAt(at))) return true
  return false
}
