import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proofsOf } from '../testing.ts'
import { pathDetector } from './detector.ts'

const attacks: readonly [string, string][] = [
  ['../../etc/passwd', 'path.traversal-file'],
  ['..\\..\\windows\\win.ini', 'path.traversal-file'],
  ['/static/img/../../etc/passwd', 'path.traversal-file'],
  ['....//....//etc/passwd', 'path.traversal-file'],
  ['..;/..;/admin', 'path.traversal'],
  ['..\u2215..\u2215..\u2215x', 'path.traversal'],
  ['..0x2f..0x2f..0x2fx', 'path.traversal'],
  ['../secret.txt', 'path.traversal'],
  ['/etc/passwd', 'path.system-file'],
  ['/etc/passwd\0.png', 'path.system-file'],
  ['/var/log/nginx/access.log', 'path.system-file'],
  ['C:\\Windows\\System32\\config\\SAM', 'path.system-file'],
  ['C:/Program Files/Apache Group/Apache/logs/error.log', 'path.system-file'],
  ['.ssh/id_rsa', 'path.system-file'],
  ['/proc/self/environ', 'path.system-file'],
  ['\\\\10.0.0.9\\share\\x', 'path.share'],
  ['\\\\::1\\c$\\users\\default\\ntuser.dat', 'path.share'],
  ['..\u0001etcpasswd', 'path.traversal'],
  ['..o..oetcopasswd', 'path.bad-encoding'],
  ['0x2e0x2e0x2fetc', 'path.bad-encoding'],
]
for (const [text, rule] of attacks)
  test(`path: ${JSON.stringify(text)} is ${rule}`, () => assert.ok(proofsOf(pathDetector, text).includes(rule)))

const harmless = [
  'wait... what?',
  'see etc/ folder and the passwd reminder',
  'Open C:\\Users\\Anna\\Documents\\report.docx',
  '/home/anna/photo.jpg',
  '/media/handmade-soap.png',
  'docs/../README is what the link said',
  'import x from "../x.ts" and move on',
  'and/or, n/a, 24/7',
  'v1..v2',
  'Berlin/Mitte',
]
for (const text of harmless)
  test(`path: ${JSON.stringify(text)} passes`, () => assert.deepEqual(proofsOf(pathDetector, text), []))

test('path: in the path of a request dot files and copies are probes, and segments that climb out are refused', () => {
  const of = (text: string): readonly string[] => proofsOf(pathDetector, text, { location: 'path', name: '' })
  for (const probe of [
    '/.git/config',
    '/.env',
    '/backup.sql.gz',
    '/index.php.bak',
    '/WEB-INF/web.xml',
    '/.cursor/mcp.json',
  ])
    assert.ok(of(probe).includes('path.probe'), probe)
  assert.ok(of('/static/../../etc/passwd').includes('path.traversal'))
  for (const fine of [
    '/etc/opening-hours',
    '/docs/a.b..c',
    '/api/v1.2/items',
    '/.well-known/acme-challenge/x',
    '/log/in',
    '/en/~anna',
  ])
    assert.deepEqual(of(fine), [], fine)
})
