import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hit } from '../../detector.ts'
import { SCORE } from '../../detector.ts'
import type { FieldHint } from '../../../threats.ts'
import { htmlDetector } from './detector.ts'

interface Field {
  readonly document?: boolean
  readonly hint?: FieldHint | null
}

function judge(text: string, { document = false, hint = null }: Field = {}): Hit[] {
  const hits: Hit[] = []
  const lower = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  const value = {
    text,
    lower,
    mask: 0,
    location: 'query',
    name: 'q',
    hint,
    rounds: 0,
    document,
    method: 'GET',
  } as const
  htmlDetector.detect(value, (hit) => hits.push(hit))
  return hits
}

function proof(text: string, field: Field = {}): string | undefined {
  return judge(text, field).find((hit) => hit.score >= SCORE.proof)?.rule
}

/** Each rule: what runs, and harmless twins that share its words. */
const RULES: Readonly<Record<string, { readonly attacks: readonly string[]; readonly twins: readonly string[] }>> = {
  'xss.script': {
    attacks: [
      '<script>go()</script>',
      '"><ScRiPt src=//h.example/a.js>',
      "'><x:script xmlns:x='a'>",
      '<<script\t>1',
      '"><script> go()',
      'see <script>go()',
    ],
    twins: ['What does <script> mean in HTML?', 'subscript <3 superscript', 'a <scripted scene>'],
  },
  'xss.element': {
    attacks: [
      '<iframe src=//h.example>',
      '<object data=x>',
      '<base href=//h.example/>',
      '¼test¾go(¢1¢)¼/test¾',
      '¼iframe src=x¾',
      '<iframesrc=x',
      '<meta http-equiv=refresh content=0>',
    ],
    twins: [
      '¼cup of sugar, ¾cup of flour, ¼tsp of salt',
      'Promise<object>, or a Map',
      'if a<b and c>d',
      '<b>bold</b>',
      '<img src="https://cdn.example/x.png" alt="x">',
      'the <frame> (of it)',
    ],
  },
  'xss.handler': {
    attacks: [
      '<p onclick=go()>',
      '" onmouseover="go()',
      "'onfocus=go()//",
      '<x/onzzz=1',
      '<img src=x\nonerror\n=\ngo()>',
    ],
    twins: ['turn online=true on', 'onclick="..." is an HTML attribute', 'he said "go on" = yes', 'one=1'],
  },
  'xss.script-url': {
    attacks: [
      'javascript:go()',
      '<a href="java\tscript:go()">',
      '?to=javascript:go(1)',
      ' vbscript:msgbox(1)',
      'JaVaScRiPt://%0a',
    ],
    twins: ['JavaScript: The Good Parts', 'learn javascript, or: anything', 'javascript is fine'],
  },
  'xss.data-url': {
    attacks: ['data:text/html,<p>', 'data:,<p>', '<embed src="data:image/svg+xml;base64,AAAA">'],
    twins: ['data:image/png;base64,AAAA', 'data: text and html'],
  },
  'xss.style': {
    attacks: [
      '<p style="x:expr/**/ession(go())">',
      'x:expression(go())',
      '<p style=background:url(javascript:go())>',
      '<p style="font:\\27 a">',
    ],
    twins: ['<p style="text-align:center">x</p>', 'body { background: url(/bg.png); }', 'an expression (of joy)'],
  },
  'xss.source-document': { attacks: ['<i srcdoc="x">'], twins: ['srcdoc is an attribute'] },
  'xss.call': {
    attacks: [
      "';alert(1)//",
      '"-confirm`1`-"',
      '(alert)(1)',
      'alert?.(1)',
      'prompt.call(null,1)',
      '[7].find(alert)',
      '[].map.call`${eval}`',
      'new Function()',
    ],
    twins: [
      'the `alert(1)` of Markdown',
      'call `rl.prompt()` or `--eval`, or pipe',
      'setTimeout(() => { go() }, 5)',
      'Function(al) programming',
      'Intruder alert!',
      'a prompt (and kind) reply',
      'fix: setTimeout(fn, 0) was late',
      'evaluate (x)',
    ],
  },
  'xss.global': {
    attacks: [
      'document.cookie',
      '"+document.domain+"',
      'self["al"+"ert"]',
      'document /*x*/ . cookie',
      '...(document.domain)...',
    ],
    twins: ["document.cookie is a browser API - what's it for?", 'my document. Name it', 'windows [10]', 'top. Name'],
  },
  'xss.markup': {
    attacks: ['</body></html>', '<input type="submit">', '<f o r m action=x', '<svg:mask id="m">'],
    twins: ['how is the <form> tag used?', '<Style> hello there', '<p>a</p><ul><li>b</li></ul>'],
  },
  'xss.quotes': { attacks: [`x"'\`>`, `"-->'-->\`-->`], twins: [`"it's"`, '"\'"'] },
  'xss.namespace': {
    attacks: [
      '<doc xmlns:xlink="http://www.w3.org/1999/xlink">',
      '<doc xsi:schemaLocation="a http://h.example/a.xsd">',
    ],
    twins: ['xmlns: a namespace'],
  },
  'xss.hidden-host': {
    attacks: ['<a href="http://1113982867/">x</a>', '<a href=//x href="http://0x42.0x66/">'],
    twins: ['<a href="http://1.example/">x</a>'],
  },
  'xss.comment': {
    attacks: ['<!-- anything', '<!--[if gte IE 4]>x'],
    twins: ['a <!-- b --> c', '<- look at this ->', '<! x'],
  },
  'xss.entity': { attacks: ['x!ENTITY % y SYSTEM'], twins: ['!entity of the system', 'an entity system'] },
  'xss.bound-data': { attacks: ['<span datasrc=#x datafld=b>'], twins: ['datasrc=#x'] },
}

for (const [rule, { attacks, twins }] of Object.entries(RULES)) {
  test(`${rule}: attacks are proof, harmless twins are not`, () => {
    assert.deepEqual(
      attacks.filter((text) => proof(text) === undefined),
      [],
    )
    assert.ok(
      attacks.some((text) => proof(text) === rule),
      `${rule} itself was never the proof`,
    )
    assert.deepEqual(
      twins.filter((text) => proof(text) !== undefined),
      [],
    )
  })
}

test('a field hinted html may hold any markup that runs nothing', () => {
  const hint = 'html'
  for (const text of [
    '<form><input name=a></form>',
    '<svg viewBox="0 0 1 1"><path d="M0"/></svg>',
    '<iframe src="https://video.example/1"></iframe>',
  ]) {
    assert.equal(proof(text, { hint }), undefined, text)
  }
  for (const text of [
    '<p onclick=go()>',
    '<script>go()</script>',
    '<a href="javascript:go()">',
    '<p style="x:expression(1)">',
  ]) {
    assert.notEqual(proof(text, { hint }), undefined, text)
  }
})

test('a field hinted code is not judged', () => {
  assert.deepEqual(judge('<script>go()</script>', { hint: 'code' }), [])
})

test('a document may hold the markup of pages and of components, not what runs', () => {
  const document = true
  const page = '<html><body><form action="/a"><input name="b"></form></body></html>\n'
  assert.equal(proof(page, { document }), undefined)
  assert.equal(proof(`${page}<Button onClick={toggle}>x</Button>\n`, { document }), undefined)
  assert.equal(proof(`${page}<button onclick="go()">`, { document }), 'xss.handler')
  assert.equal(proof(`${page}<a href="javascript:go()">`, { document }), 'xss.script-url')
})
