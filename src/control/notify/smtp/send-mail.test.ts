import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { selfSigned } from '../../../../test/support/certificate.ts'
import { parseMailServer } from './server-url.ts'
import { sendMail } from './send-mail.ts'

const MAIL = {
  id: 'shop/local/i7/fired',
  thread: 'shop/local/i7',
  to: ['anna@example.com', 'otto@example.com'],
  subject: '[P0] shop: „api“ antwortet nicht – und das schon seit einer ganzen Weile, wie es scheint',
  text: 'one\n.\n..two\nÜ',
  atMs: Date.UTC(2026, 10, 21, 8),
}
const LOGIN = { user: 'alerts@example.com', password: 'p:@/ss wörd' }
const at = ({ port }: { port: number }, login: string): string => `smtp://${login}127.0.0.1:${port}`
const WITH_LOGIN = `${encodeURIComponent(LOGIN.user)}:${encodeURIComponent(LOGIN.password)}@`

void test('a mail arrives as it was written, with its subject in any script', async () => {
  await using sink = await startSmtpSink()
  const url = `${at(sink, '')}?from=seaworthy@example.com`
  assert.deepEqual(await sendMail(url, MAIL, { timeoutMs: 5_000 }), { ok: true })
  const [mail] = sink.mails
  assert.deepEqual([mail!.from, mail!.to], ['seaworthy@example.com', MAIL.to])
  assert.equal(mail!.headers['Subject'], MAIL.subject)
  assert.equal(mail!.text, MAIL.text.replaceAll('\n', '\r\n'))
  assert.match(mail!.headers['Message-ID']!, /^<[0-9a-f]{32}@example\.com>$/)
  assert.equal(mail!.headers['Date'], 'Sat, 21 Nov 2026 08:00:00 +0000')
  for (const line of mail!.raw.split('\r\n')) assert.ok(line.length <= 78, line)
  await sendMail(url, MAIL, { timeoutMs: 5_000 })
  assert.equal(sink.mails[1]!.headers['Message-ID'], mail!.headers['Message-ID'], 'told twice, the same id')
})

void test('it logs in by PLAIN and by LOGIN', async () => {
  for (const mechanism of ['PLAIN', 'LOGIN'] as const) {
    await using sink = await startSmtpSink({ auth: [mechanism], login: LOGIN })
    assert.deepEqual(await sendMail(at(sink, WITH_LOGIN), MAIL, { timeoutMs: 5_000 }), { ok: true }, mechanism)
    assert.equal(sink.mails[0]!.from, LOGIN.user)
  }
})

void test('it speaks TLS where that is offered, and trusts nobody it need not', async () => {
  const tls = selfSigned()
  await using sink = await startSmtpSink({ auth: ['PLAIN'], login: LOGIN, tls })
  const url = `smtp://${WITH_LOGIN}localhost:${sink.port}`
  assert.deepEqual(await sendMail(url, MAIL, { timeoutMs: 5_000, ca: tls.cert }), { ok: true })
  assert.equal(sink.mails[0]!.secure, true)
  assert.ok(sink.commands.indexOf('STARTTLS') < sink.commands.findIndex((line) => line.startsWith('AUTH')))
  const stranger = await sendMail(url, MAIL, { timeoutMs: 5_000 })
  assert.deepEqual([stranger.ok, sink.mails.length], [false, 1])
  assert.doesNotMatch(JSON.stringify(stranger), /ss w/)
})

void test('what a server refuses is final when it is about the mail, and told without a secret', async () => {
  const refusing = async (command: string, reply: string) => {
    const instead = (line: string): string | undefined => (line.startsWith(command) ? reply : undefined)
    await using sink = await startSmtpSink({ auth: ['PLAIN'], login: LOGIN, instead })
    return await sendMail(at(sink, WITH_LOGIN), MAIL, { timeoutMs: 5_000 })
  }
  const failed = (final: boolean, because: string) => ({ ok: false, final, because })
  assert.deepEqual(await refusing('RCPT', '550 nobody here'), failed(true, 'it answered 550 to RCPT TO'))
  assert.deepEqual(await refusing('RCPT', '451 later'), failed(false, 'it answered 451 to RCPT TO'))
  assert.deepEqual(await refusing('AUTH', '535 wrong'), failed(false, 'it answered 535 to the login'))
  assert.deepEqual(await refusing('RCPT TO:<anna', '550 gone'), { ok: true }, 'the other one is told')
})

void test('a server that hangs is left in time, one that is none is recognised, one that is gone as well', async () => {
  await using hanging = await startSmtpSink({ instead: (line) => (line.startsWith('MAIL') ? null : undefined) })
  assert.deepEqual(await sendMail(at(hanging, ''), MAIL, { timeoutMs: 100 }), {
    ok: false,
    final: false,
    because: 'no answer within 0.1 s',
  })
  const web = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 no\r\n\r\n'))
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const port = (web.address() as AddressInfo).port
  const wrong = await sendMail(`smtp://127.0.0.1:${port}`, MAIL, { timeoutMs: 5_000 })
  assert.equal(wrong.ok || wrong.because, 'what answers is no mail server')
  await new Promise((resolve) => web.close(resolve))
  const gone = await sendMail(`smtp://127.0.0.1:${port}`, MAIL, { timeoutMs: 5_000 })
  assert.equal(gone.ok || gone.because, 'ECONNREFUSED')
})

void test('nobody writes a command into an address or a header', async () => {
  await using sink = await startSmtpSink()
  const to = ['anna@example.com>\r\nRCPT TO:<eve@example.com']
  const refused = await sendMail(at(sink, ''), { ...MAIL, to }, { timeoutMs: 5_000 })
  assert.deepEqual([refused.ok, sink.commands], [false, []])
  const subject = 'down\r\nBcc: eve@example.com'
  await sendMail(at(sink, ''), { ...MAIL, subject }, { timeoutMs: 5_000 })
  assert.deepEqual(
    [sink.mails[0]!.headers['Subject'], sink.mails[0]!.headers['Bcc']],
    ['down Bcc: eve@example.com', undefined],
  )
})

void test('a password leaves no machine in the clear', async () => {
  await using sink = await startSmtpSink({ auth: ['PLAIN'], login: LOGIN })
  // 127.0.0.1 by a name that is not known to be this machine.
  const url = `smtp://${WITH_LOGIN}[::ffff:127.0.0.1]:${sink.port}`
  const refused = await sendMail(url, MAIL, { timeoutMs: 5_000 })
  assert.match(refused.ok ? '' : refused.because, /not sent in the clear/)
  assert.equal(sink.commands.filter((line) => line.startsWith('AUTH')).length, 0)
})

void test('a mail server is named by its URL', () => {
  assert.deepEqual(parseMailServer('smtps://a%40b.c:x@mail.example.com'), {
    host: 'mail.example.com',
    port: 465,
    tls: true,
    login: { user: 'a@b.c', password: 'x' },
    from: 'a@b.c',
  })
  assert.equal(parseMailServer('smtp://mail.example.com?from=x@y.z')!.port, 587)
  const bare = parseMailServer('smtp://a:100%ig%20%zz%ff-%C3%BC@mail.example.com')!
  assert.equal(bare.login!.password, '100%ig %zz%ff-ü', 'a % that nobody has escaped')
  for (const text of ['https://mail.example.com', 'mail.example.com', 'smtp://'])
    assert.equal(parseMailServer(text), null)
})
