import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proofsOf } from './testing.ts'
import { xxeDetector } from './xxe.ts'

const attacks: readonly [string, string][] = [
  ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 'xxe.external-entity'],
  ['<!DOCTYPE a [<!ENTITY x PUBLIC "any" "http://evil.example/x">]>', 'xxe.external-entity'],
  ['<!DOCTYPE a [<!ENTITY % d SYSTEM "http://evil.example/x.dtd">%d;]>', 'xxe.parameter-entity'],
  ['<!DOCTYPE a SYSTEM "http://evil.example/x.dtd">', 'xxe.external-type'],
  ['<!DOCTYPE a [<!ENTITY b "1234"><!ENTITY c "&b;&b;&b;">]>', 'xxe.expansion'],
  ['<?xml version="1.0" encoding="UTF-7"?>+ADw-a+AD4-', 'xxe.encoding'],
  ['<xi:include href="file:///etc/passwd" parse="text"/>', 'xxe.inclusion'],
  ['<x><![CDATA[<]]>script<![CDATA[>]]></x>', 'xxe.split-markup'],
  ['<xsl:stylesheet xmlns:php="http://php.net/xsl">', 'xxe.transformation'],
]
for (const [text, rule] of attacks)
  test(`xxe: ${JSON.stringify(text)} is ${rule}`, () =>
    assert.ok(proofsOf(xxeDetector, text, { location: 'xml' }).includes(rule)))

test('xxe: what documents say of themselves by habit passes', () => {
  for (const text of [
    '<!DOCTYPE html>',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
    '<?xml version="1.0" encoding="UTF-8"?><order id="1">two</order>',
    '<![CDATA[a < b and c > d]]>',
  ])
    assert.deepEqual(proofsOf(xxeDetector, text, { location: 'xml' }), [], text)
})

test('xxe: a schema is looked up by name where namespace and place stand in pairs, and fetched where they do not', () => {
  const of = (text: string): readonly string[] =>
    proofsOf(xxeDetector, text, { location: 'xml', name: 'x.@xsi:schemaLocation' })
  assert.deepEqual(of('http://shop.example/ns http://shop.example/ns.xsd'), [])
  assert.deepEqual(of('http://evil.example/'), ['xxe.schema'])
})
