import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startSmtpSink } from '../../../test/support/smtp-sink.ts'
import type { Notification } from '../../observe/alerts/incident.ts'
import { deliver } from './deliver.ts'

const NOTIFICATION: Notification = {
  id: 'shop/production/i7/fired',
  kind: 'fired',
  incident: 'i7',
  app: 'shop',
  environment: 'production',
  severity: 'P0',
  title: 'No instance of <api> answers.',
  alerts: [
    {
      rule: 'ServiceDown',
      labels: { alertname: 'ServiceDown', service: 'api' },
      state: 'firing',
      activeAtMs: 0,
      firedAtMs: 0,
      resolvedAtMs: null,
      value: 0,
    },
  ],
  runbook: 'docs/guides/alerts.md#servicedown',
  atMs: 5_000,
}
const LETTER = { kind: 'alert', notification: NOTIFICATION } as const

async function startSink(status = 200, answer = '') {
  const got: { path: string; body: Record<string, unknown> }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      got.push({ path: request.url!, body: JSON.parse(text) as Record<string, unknown> })
      response.writeHead(status).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { got, host, [Symbol.asyncDispose]: close }
}

void test('a webhook gets the facts', async () => {
  await using sink = await startSink()
  const channel = { kind: 'webhook', url: `http://${sink.host}/hook` } as const
  assert.deepEqual(await deliver(channel, LETTER, 5_000), { ok: true })
  assert.deepEqual(sink.got, [
    {
      path: '/hook',
      body: {
        id: 'shop/production/i7/fired',
        event: 'alert.fired',
        app: 'shop',
        environment: 'production',
        incident: 'i7',
        severity: 'P0',
        title: 'No instance of <api> answers.',
        runbook: 'docs/guides/alerts.md#servicedown',
        at: '1970-01-01T00:00:05.000Z',
        alerts: [
          {
            name: 'ServiceDown',
            state: 'firing',
            labels: { alertname: 'ServiceDown', service: 'api' },
            value: 0,
            since: '1970-01-01T00:00:00.000Z',
          },
        ],
      },
    },
  ])
})

void test('Slack gets a line and small print, in which nothing is taken for markup', async () => {
  await using sink = await startSink(200, 'ok')
  assert.deepEqual(await deliver({ kind: 'slack', url: `http://${sink.host}/s` }, LETTER, 5_000), { ok: true })
  const { text, blocks } = sink.got[0]!.body as { text: string; blocks: readonly { type: string }[] }
  assert.equal(text, '[P0] shop (production): No instance of &lt;api&gt; answers.')
  assert.deepEqual(
    blocks.map(({ type }) => type),
    ['section', 'context'],
  )
  assert.match(JSON.stringify(blocks[1]), /seaworthy incidents ack i7/)
})

void test('PagerDuty gets one incident for each of ours: triggered, and resolved', async () => {
  await using sink = await startSink(202, '{"status":"success"}')
  const channel = { kind: 'pagerduty', url: `http://R0UT1NG@${sink.host}` } as const
  assert.deepEqual(await deliver(channel, LETTER, 5_000), { ok: true })
  const resolved = { ...NOTIFICATION, id: 'x', kind: 'resolved', alerts: [] } as const
  await deliver(channel, { kind: 'alert', notification: resolved }, 5_000)
  const [trigger, resolve] = sink.got
  assert.deepEqual(
    [trigger!.path, trigger!.body['event_action'], resolve!.body['event_action']],
    ['/v2/enqueue', 'trigger', 'resolve'],
  )
  assert.deepEqual([trigger!.body['routing_key'], trigger!.body['dedup_key']], ['R0UT1NG', 'shop/production/i7'])
  assert.equal(resolve!.body['dedup_key'], trigger!.body['dedup_key'])
  const { severity, component, class: kind } = trigger!.body['payload'] as Record<string, unknown>
  assert.deepEqual([severity, component, kind], ['critical', 'api', 'ServiceDown'])
})

void test('mail says it in words, beginning and end in one thread', async () => {
  await using sink = await startSmtpSink()
  const channel = {
    kind: 'email',
    url: `smtp://127.0.0.1:${sink.port}?from=s@example.com`,
    to: ['a@example.com'],
  } as const
  assert.deepEqual(await deliver(channel, LETTER, 5_000), { ok: true })
  await deliver(
    channel,
    { kind: 'alert', notification: { ...NOTIFICATION, id: 'y', kind: 'resolved', alerts: [] } },
    5_000,
  )
  const [fired, over] = sink.mails
  assert.equal(fired!.headers['Subject'], '[P0] shop (production): No instance of <api> answers.')
  assert.match(fired!.text, /- ServiceDown service=api: 0 since 1970-01-01T00:00:00\.000Z\r\nWhat to do: docs/)
  assert.equal(over!.headers['Subject'], '[P0] shop (production): over: No instance of <api> answers.')
  assert.equal(over!.headers['References'], fired!.headers['References'])
  assert.notEqual(over!.headers['Message-ID'], fired!.headers['Message-ID'])
})

void test('an answer that is well and says in its body that it failed is no delivery', async () => {
  await using sink = await startSink(200, '{"ok":false,"error":"channel_not_found"}')
  const posted = await deliver({ kind: 'slack', url: `http://${sink.host}/s` }, LETTER, 5_000)
  assert.deepEqual([posted.ok, posted.ok || posted.final], [false, false])
})

void test('an answer whose body never ends is judged by its status, and by what has come of it', async (t) => {
  const answers = [
    { status: 200, said: 'taken' },
    { status: 200, said: '{"ok":false}' },
    { status: 503, said: 'later' },
  ]
  const server = createServer((request, response) => {
    const { status, said } = answers.shift()!
    request.resume().on('end', () => void response.writeHead(status).write(said))
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const channel = { kind: 'webhook', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as const
  assert.deepEqual(await deliver(channel, LETTER, 300), { ok: true })
  const refused = await deliver(channel, LETTER, 300)
  assert.match(refused.ok ? '' : refused.because, /in the body that it failed/)
  assert.deepEqual(await deliver(channel, LETTER, 300), { ok: false, final: false, because: 'it answered 503' })
})

void test('a webhook that wants a login gets it, and no URL with one', async (t) => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push([request.url, request.headers.authorization])
    request.resume().on('end', () => response.writeHead(204).end())
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const channel = { kind: 'webhook', url: `http://ops:100%25%20sure@${host}/hook?x=1` } as const
  assert.deepEqual(await deliver(channel, LETTER, 5_000), { ok: true })
  assert.deepEqual(asked, [['/hook?x=1', `Basic ${Buffer.from('ops:100% sure').toString('base64')}`]])
})

void test('whatever a label holds, a Slack message is not longer than Slack takes', async () => {
  await using sink = await startSink()
  const title = '<&>'.repeat(2_000)
  const letter = { kind: 'alert', notification: { ...NOTIFICATION, title } } as const
  assert.deepEqual(await deliver({ kind: 'slack', url: `http://${sink.host}/` }, letter, 5_000), { ok: true })
  const { text } = sink.got[0]!.body as { text: string }
  assert.ok(text.length <= 3_000, `${text.length} characters`)
  assert.match(text, /&(?:amp|lt|gt);$/)
})
