import { CHARS, SCORE, type Detector } from '../detector.ts'

/** Directives of mod_include and of edge-side includes. */
const DIRECTIVE =
  /<!--\s{0,8}#\s{0,4}(?:exec|include|echo|config|printenv|set|if|elif|else|endif|fsize|flastmod|fetch)\b|<esi:(?:include|inline|vars|debug|choose|assign|remove|comment|function)\b/

/** Server-side includes: comments that a web server obeys. */
export const ssiDetector: Detector = {
  name: 'ssi',
  chars: CHARS.angle,
  needs: 'both',
  words: ['<!--', '<esi:'],
  detect({ lower }, report) {
    const match = DIRECTIVE.exec(lower)
    if (match !== null)
      report({
        class: 'ssi',
        rule: 'ssi.directive',
        score: SCORE.proof,
        start: match.index,
        end: match.index + match[0].length,
      })
  },
}
