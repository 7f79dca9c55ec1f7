import type { Detector, Hit, Value } from '../../detector.ts'
import { CHARS } from '../../detector.ts'
import { HtmlScan } from './scan.ts'

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
    'javascript',
    'vbscript',
    'livescript',
    'script:',
    'data:text',
    'data:image/svg',
    'expression',
    'alert',
    'confirm',
    'prompt',
    'eval',
    'settimeout',
    'setinterval',
    'function(',
    'function (',
    'document',
    'window',
    'self',
    'parent',
    'globalthis',
    'reflect',
    'top[',
    'this[',
    'onerror',
    'onload',
    'onclick',
    'onmouse',
    'onfocus',
    'onblur',
    'onkey',
    'onpointer',
    'ontouch',
    'onauxclick',
    'onwheel',
    'onscroll',
    'onanimation',
    'ontransition',
    'ontoggle',
    'onbefore',
    'onselect',
    'onsubmit',
    'oninput',
    'onchange',
    'ondrag',
    'onpage',
    'onabc',
    'oncopy',
    '].',
    '.call`',
    '![]',
    '[][',
    'script',
    'url(',
    'style',
    '¼',
    'fetch(',
    'atob(',
    '.constructor',
  ].filter((word) => word.length >= 3),
  names: true,
  detect(value: Value, report: (hit: Hit) => void): void {
    if (value.hint === 'code') return
    scan.run(value, report)
  },
}
