/** No value of a secret comes out: in no generated file, no answer of a command, no metric, no document. */
import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, globSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { FAMILIES } from '../../src/artefacts/families.ts'
import { canariesIn, type Canary } from '../support/canaries.ts'
import { APPS, appAt } from '../support/monitoring.ts'
import { root, plainConfig, TestProject, until } from '../support/project.ts'
import { scrape } from '../support/scrape.ts'

const EXAMPLES = globSync(['examples/*/seaworthy.config.*', 'test/fixtures/configs/good-*/seaworthy.config.*'], {
  cwd: root,
})
  .map((path) => dirname(path))
  .toSorted()

void test('no family writes the value of a variable that a config names, for any example', async () => {
  const apps = [...new Set([...APPS, ...EXAMPLES])]
  assert.ok(apps.length >= 5, apps.join(', '))
  const before = { ...process.env }
  try {
    for (const path of apps) {
      const names = namesIn(await appAt(path))
      const canaries = names.map((name, index): Canary => ({
        name,
        value: `canary-${index}-${name.toLowerCase()}-x7Qp`,
      }))
      for (const { name, value } of canaries) process.env[name] = value
      const app = await appAt(path)
      const files = new Map(
        FAMILIES.flatMap((family) => family.files(app)).map(({ path: file, text, because }) => [
          file,
          `${text}\n${JSON.stringify(because)}`,
        ]),
      )
      assert.ok(files.size > 10)
      assert.deepEqual(canariesIn(files, canaries), [], path)
      // The same search finds each where it does come out.
      for (const canary of canaries) {
        const leaky = new Map([...files].map(([file, text]) => [file, `${text}\n# ${canary.value}`]))
        assert.equal(canariesIn(leaky, [canary]).length, files.size, canary.name)
      }
    }
  } finally {
    process.env = before
  }
})

/** Everything in a config that may be the name of a secret: names of variables are written so. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return [...new Set(Object.values(value).flatMap(namesIn))]
}

const DEAD = '127.0.0.1:9'
const CANARIES: readonly Canary[] = [
  { name: 'API_TOKEN', value: 'sw-canary-token-Zk81 "quoted" %/x' },
  { name: 'HOOK_URL', value: `http://${DEAD}/services/sw-canary-hook-9Fb2`, secret: 'sw-canary-hook-9Fb2' },
  { name: 'CHAT_URL', value: `http://${DEAD}/services/T0/sw-canary-chat-3Dc7`, secret: 'sw-canary-chat-3Dc7' },
  {
    name: 'SMTP_URL',
    value: `smtp://mailer:sw-canary-mail-77aX@${DEAD}?from=a@example.com`,
    secret: 'sw-canary-mail-77aX',
  },
  { name: 'PAGER_URL', value: `http://${DEAD}/sw-canary-pager-55tT`, secret: 'sw-canary-pager-55tT' },
  { name: 'BEAT_URL', value: `http://${DEAD}/sw-canary-beat-21eE`, secret: 'sw-canary-beat-21eE' },
  { name: 'CACHE_URL', value: `redis://:sw-canary-cache-44rR@${DEAD}`, secret: 'sw-canary-cache-44rR' },
  { name: 'JWT_KEY', value: 'sw-canary-jwt-key-0123456789abcdef0123456789abcdef' },
]
/** From the secrets file; and one that somebody writes into the config itself. */
const FILED: Canary = { name: 'FILE_KEY', value: 'sw-canary-file-key-88kK' }
const INLINE: Canary = { name: 'a URL of the config', value: 'sw-canary-inline-61mM' }
const ALL = [...CANARIES, FILED, INLINE]

void test('no command, metric or document shows one, whatever it comes from', async () => {
  const base = plainConfig({ service: { secrets: ['API_TOKEN', 'FILE_KEY'], uses: { cache: 'optional' } } }) as {
    environments: { local: object }
  }
  const config = {
    ...base,
    owner: { team: 'markets', pager: 'PAGER_URL' },
    needs: { cache: { kind: 'redis', role: 'cache', url: 'CACHE_URL' } },
    guard: { identity: { jwt: { issuer: 'me', audience: 'you', secret: 'JWT_KEY' } } },
    promises: { all: { on: { service: 'api' }, availability: '99%', throughput: '1/s' } },
    alerts: {
      channels: {
        hook: { webhook: 'HOOK_URL' },
        chat: { slack: 'CHAT_URL' },
        mail: { email: ['a@example.com'], smtp: 'SMTP_URL' },
      },
      heartbeat: 'BEAT_URL',
      rules: { always: { when: 'seaworthy_host_cpu_cores > 0', severity: 'P1' } },
    },
    environments: {
      local: {
        ...base.environments.local,
        secrets: 'secrets.env',
        otlp: `http://${DEAD}`,
        loki: `http://${DEAD}`,
      },
    },
  }
  await using project = new TestProject(config)
  writeFileSync(join(project.folder, 'secrets.env'), `FILE_KEY=${FILED.value}\n`)
  chmodSync(join(project.folder, 'secrets.env'), 0o600)
  const env = Object.fromEntries(CANARIES.map(({ name, value }) => [name, value]))
  const open = `http://me:${INLINE.value}@${DEAD}`
  project.configure({
    ...config,
    guard: { feeds: [{ url: open }] },
    environments: { local: { ...config.environments.local, otlp: open, loki: open, prometheus: open } },
  })
  const refused = await project.run(['up', '--detach'], env)
  assert.equal(refused.code, 2)
  assert.equal(
    refused.stderr.match(/got \d+ characters \(not shown\), expected a URL without a password/g)?.length,
    4,
    refused.stderr,
  )
  project.configure(config)
  const up = await project.must(['up', '--detach'], env)
  for (const channel of ['hook', 'chat', 'mail', 'owner.pager']) await project.must(['alerts', 'test', channel], env)
  const events = async () => JSON.stringify((await project.control.call('events', { after: 0, limit: 1_000 })).events)
  await until(async () => (await events()).includes('fail'), 'messages that reach nobody', 60_000)

  const texts = new Map<string, string>([
    ['refused', refused.stdout + refused.stderr],
    ['up', up.stdout + up.stderr],
  ])
  const say = async (...args: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await project.run(args, env)
    assert.ok(stdout.length + stderr.length > 0, args.join(' '))
    texts.set(args.join(' '), stdout + stderr)
  }
  await say('generate', '--json')
  for (const path of filesIn(join(project.folder, 'ops'))) texts.set(path, readFileSync(path, 'utf8'))
  for (const command of ['promises', 'alerts', 'incidents', 'status', 'plan', 'doctor', 'traces', 'metrics']) {
    await say(command)
    await say(command, '--json')
  }
  await say('status', '--history', '--json')
  // The beginning of every name: all that it knows.
  await say('explain', '')
  await say('explain', '', '--json')
  await say('explain', 'ops/monitoring/alertmanager/alertmanager.yml', '--json')
  for (const accept of ['text/plain', 'application/openmetrics-text;version=1.0.0'])
    texts.set(`/metrics as ${accept}`, (await scrape(project.control, accept)).text)
  texts.set('events', await events())
  texts.set('openapi', readFileSync(join(root, 'docs/reference/openapi.json'), 'utf8'))
  for (const name of ['control', 'gateway']) texts.set(`log of ${name}`, project.log(name))

  assert.ok(texts.size > 40, String(texts.size))
  assert.match(texts.get('explain ')!, /^environments\.local\.otlp: http:/m)
  assert.deepEqual(canariesIn(texts, ALL), [])

  // The same search finds them where they are kept, and where one is let out on purpose.
  const kept = new Map(filesIn(join(project.stateFolder, 'secrets')).map((path) => [path, readFileSync(path, 'utf8')]))
  for (const name of ['API_TOKEN', 'FILE_KEY'])
    assert.ok(
      canariesIn(kept, ALL).some((line) => line.startsWith(`${name} in `)),
      `${name} is not in use`,
    )
  const rules = join(project.folder, 'ops/monitoring/README.md')
  appendFileSync(rules, `\n${Buffer.from(`Bearer ${FILED.value}`).toString('base64')}\n`)
  assert.deepEqual(canariesIn(new Map([['README', readFileSync(rules, 'utf8')]]), ALL), ['FILE_KEY in README'])
})

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
}
