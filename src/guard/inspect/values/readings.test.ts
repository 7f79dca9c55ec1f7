import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard } from '../../guard.ts'
import type { InspectVerdict } from '../verdict.ts'

const ATTACKS = ["' union select password from users-- ", '<script>alert(1)</script>', '; cat /etc/passwd']
const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data; boundary=B'
const WHOLE_BYTES = 131_072

const { inspect } = createGuard({
  threats: 'block',
  routes: [{ host: null, method: null, path: '/', fields: { 'a.*': 'html' } }],
})

function verdictOf(type: string, body: string | Buffer, portionBytes = WHOLE_BYTES): InspectVerdict {
  const headers = ['Host', 'a', 'Content-Type', type]
  const judge = inspect.body({ method: 'POST', target: '/', client: '192.0.2.7', headers, host: 'a' })!
  const bytes = Buffer.from(body)
  for (let start = 0; start < bytes.length; start += portionBytes)
    judge.push(bytes.subarray(start, start + portionBytes))
  return judge.end()
}

function part(disposition: string, content: string): string {
  return `--B\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`
}

void test('a part is a file only where no reader takes it for a field', () => {
  for (const attack of ATTACKS) {
    for (const more of [
      'foo="; filename=x"',
      'x filename=x',
      'filename=""',
      'filename*=x',
      'foo="; filename=x"; filename=""',
    ]) {
      const body = `${part(`form-data; name="id"; ${more}`, attack)}--B--\r\n`
      assert.ok(verdictOf(MULTIPART, body).refused, `${more}: ${attack}`)
    }
    for (const more of ['filename=x', 'filename="a; b.txt"']) {
      const body = `${part(`form-data; name="id"; ${more}`, attack)}--B--\r\n`
      assert.equal(verdictOf(MULTIPART, body).refused, false, `${more}: ${attack}`)
    }
  }
})

void test('a border that is one for some readers alone hides nothing', () => {
  for (const attack of ATTACKS) {
    const file = part('form-data; name="f"; filename="x"', attack)
    const field = part('form-data; name="id"', attack)
    const begun = '--B\r\nContent-Disposition: form-data; name="id"\r\n\r\nx'
    assert.ok(verdictOf(MULTIPART, `${begun}\n${file}--B--\r\n`).refused, 'lone LF before a delimiter')
    assert.ok(verdictOf(MULTIPART, `${begun}\n--B--\r\n${attack}\r\n--B--\r\n`).refused, 'lone LF before the end')
    assert.ok(verdictOf(MULTIPART, `--B--\r\n${field}--B--\r\n`).refused, 'a part behind the end')
    const encoded = 'form-data; name="id"\r\nContent-Transfer-Encoding: quoted-printable'
    assert.ok(verdictOf(MULTIPART, `${part(encoded, attack)}--B--\r\n`).refused, 'an encoding of parts')
  }
  const file = part('form-data; name="f"; filename="x"', `${'y'.repeat(40_000)}--B\r\nz`)
  for (let bytes = 900; bytes < 940; bytes++)
    assert.equal(verdictOf(MULTIPART, `${file}--B--\r\n`, bytes).evidence.length, 0, 'no border within a line')
})

void test('a form is read as one, whatever its first bytes look like', () => {
  for (const attack of ATTACKS) {
    const rest = `=1&id=${encodeURIComponent(attack).replaceAll('%20', '+')}`
    for (const first of ['a\0', '\0a', '{"a', '[1]', '<a', '<a x="'])
      assert.ok(verdictOf(FORM, first + rest).refused, `${JSON.stringify(first)}: ${attack}`)
    const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(rest)])
    assert.ok(verdictOf(FORM, marked).refused, `byte order mark: ${attack}`)
    assert.ok(verdictOf('text/plain', `a\0${attack}`).refused, `text: ${attack}`)
    assert.ok(verdictOf('image/png', ' '.repeat(600) + JSON.stringify({ attack })).refused, `no picture: ${attack}`)
  }
  assert.equal(verdictOf(FORM, '{"a":"x & y = z","b":[1,2,"<p>text</p>"]}').refused, false)
})

void test('no cut between portions hides an attack in a long value', () => {
  const attack = ATTACKS[0]!
  for (const [type, before, after] of [
    ['application/json', '{"a":"', '"}'],
    [FORM, 'id=', ''],
    ['text/plain', '', ''],
    [MULTIPART, part('form-data; name="id"', '').slice(0, -2), '\r\n--B--\r\n'],
  ] as const) {
    const sent = type === FORM ? encodeURIComponent(attack) : attack
    const filling = before + 'x '.repeat(WHOLE_BYTES)
    for (let ahead = 0; ahead <= sent.length; ahead++)
      assert.ok(
        verdictOf(type, filling.slice(0, WHOLE_BYTES - ahead) + sent + after).refused,
        `${type}, ${ahead} before the cut`,
      )
  }
})

void test('values below a very long name cost what others cost', () => {
  const values = (text: string): string => Array.from({ length: 20_000 }, () => text).join()
  const bodyOf = (name: string): string => `{"${name}":[${values('"ab"')}],"b":"${'x'.repeat(60_000 - name.length)}"}`
  const costOf = (name: string): number => {
    const body = bodyOf(name)
    const before = process.cpuUsage()
    verdictOf('application/json', body)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  costOf('a')
  const short = Math.min(...Array.from({ length: 5 }, () => costOf('a')))
  const long = Math.min(...Array.from({ length: 2 }, () => costOf('a.'.repeat(30_000))))
  assert.ok(long < 20 * short, `${long} µs against ${short}`)
})
