import type { Detector, Hit, Value } from '../../detector.ts'
import { CHARS } from '../../detector.ts'
import { words } from '../words.ts'
import { HtmlScan } from './scan.ts'
import { EVENTS } from './words.ts'

const scan = new HtmlScan()

/**
 * Cross-site scripting: markup that runs something, an attribute broken out of, a URL that is script, script without markup.
 * Rules: xss.script, xss.element, xss.handler, xss.script-url, xss.data-url, xss.style, xss.source-document, xss.call,
 * xss.global, xss.markup. Formatting (`<b>`, `<a href="https…">`, `<img src="https…">`) runs nothing and passes. A field hinted
 * `html` may hold any markup that does not run; one hinted `code` is not judged.
 */
export const htmlDetector: Detector = {
  name: 'html',
  chars: CHARS.angle,
  words: [
    ...words(`
      javascript vbscript livescript script: script data:text data:image/svg url( style expression .constructor !entity
      alert confirm prompt eval settimeout setinterval function( fetch( atob(
      document window self parent globalthis reflect top[ this[ ]. .call\` ![] [][`),
    'function (',
    ...EVENTS.map((event) => `on${event}`),
  ],
  names: true,
  detect(value: Value, report: (hit: Hit) => void): void {
    if (value.hint === 'code') return
    scan.run(value, report)
  },
}
