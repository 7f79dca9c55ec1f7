/** HTTPS of a whole environment: deploys, swaps of certificates and deaths of its parts, with nobody noticing. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeSelfSigned } from '../../src/control/certificates/self-signed.ts'
import { failuresOf, startLoad, type Protocol } from '../support/load.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { shakeHands, shown } from '../support/tls-files.ts'

const DAY_MS = 86_400_000

function tlsConfig(tls: object | string, options: Parameters<typeof plainConfig>[0] = {}): object {
  return {
    ...plainConfig(options),
    gateway: { listen: { http: 0, https: 0 }, tls, workers: 2, accessLog: false },
  }
}

/** A project whose certificate comes from two files in its folder. */
async function withFiles(names = ['localhost']): Promise<TestProject> {
  const project = new TestProject(tlsConfig({ files: { cert: 'site.pem', key: 'site.key' } }))
  await writePair(project, names)
  return project
}

async function writePair(project: TestProject, names: readonly string[], now = Date.now()): Promise<string> {
  const { key, chain } = await makeSelfSigned(names, now)
  writeFileSync(join(project.folder, 'site.key'), key)
  writeFileSync(join(project.folder, 'site.pem'), chain)
  return new X509Certificate(chain).fingerprint256
}

async function served(project: TestProject): Promise<number> {
  let port = 0
  await until(async () => {
    port = (await project.status()).tls?.port ?? 0
    return port !== 0 && (await fingerprintAt(port)) !== null
  }, 'HTTPS to be served')
  return port
}

async function fingerprintAt(port: number): Promise<string | null> {
  const socket = await shakeHands(port).catch(() => null)
  if (socket === null) return null
  const fingerprint = shown(socket)
  socket.destroy()
  return fingerprint
}

/** Every worker shows it: handshakes go to whichever accepts first. */
async function untilShown(port: number, fingerprint: string): Promise<void> {
  let inARow = 0
  await until(async () => {
    inARow = (await fingerprintAt(port)) === fingerprint ? inARow + 1 : 0
    return inARow >= 20
  }, `${fingerprint} to be shown`)
}

for (const protocol of ['https', 'h2'] as const satisfies readonly Protocol[]) {
  test(`deploys under load over ${protocol} lose no request`, async () => {
    await using project = new TestProject(
      tlsConfig('self-signed', { environment: { watch: { for: '500ms' }, drain: '1s' } }),
    )
    await project.must(['up', '--detach'])
    const port = await served(project)
    await using load = startLoad({ port, protocol, clients: 6, pauseMs: 20, isGood: (status) => status === 200 })
    for (const name of ['v2', 'v3']) {
      project.configure(
        tlsConfig('self-signed', { env: { NAME: name }, environment: { watch: { for: '500ms' }, drain: '1s' } }),
      )
      await project.must(['deploy'])
    }
    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [])
    assert.ok(answers.length > 50, String(answers.length))
    assert.equal(new Set(answers.map(({ release }) => release)).size, 3)
    assert.ok(answers.some(({ fresh }) => fresh) && answers.some(({ fresh }) => !fresh))
  })
}

test('a session goes on at whichever worker accepts', async () => {
  await using project = new TestProject(tlsConfig('self-signed'))
  await project.must(['up', '--detach'])
  const port = await served(project)
  // A ticket of TLS 1.2 is good for as often as one likes.
  const first = await shakeHands(port, { maxVersion: 'TLSv1.2' })
  const session = first.getSession()!
  first.destroy()
  for (let at = 0; at < 20; at += 1) {
    const socket = await shakeHands(port, { maxVersion: 'TLSv1.2', session })
    assert.equal(socket.isSessionReused(), true, `handshake ${at}`)
    socket.destroy()
  }
})

test('a certificate is swapped while requests run, and a broken one never replaces it', async () => {
  await using project = await withFiles()
  await project.must(['up', '--detach'])
  const port = await served(project)
  await using load = startLoad({ port, protocol: 'https', clients: 4, pauseMs: 10, isGood: (status) => status === 200 })
  await using streams = startLoad({ port, protocol: 'h2', clients: 4, pauseMs: 10, isGood: (status) => status === 200 })
  // A connection that stands before the swap, and a request that runs over it.
  const slow = shakeHands(port).then((socket) => {
    const text = socket.toArray().then((chunks) => Buffer.concat(chunks as Buffer[]).toString())
    socket.write('GET /?work=1500 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    return text
  })
  const next = await writePair(project, ['localhost', 'next.example.test'])
  await untilShown(port, next)
  assert.match(await slow, /^HTTP\/1\.1 200 /)
  const { certificate } = (await project.status()).tls!
  assert.deepEqual(certificate!.names, ['localhost', 'next.example.test'])
  assert.equal(certificate!.daysLeft, 89)

  // The key of another certificate, an expired one, no certificate at all, nothing at all.
  const { key: other } = await makeSelfSigned(['localhost'], Date.now())
  const keyFile = join(project.folder, 'site.key')
  const problem = async (): Promise<string> => (await project.status()).tls?.problem ?? ''
  writeFileSync(keyFile, other)
  await until(async () => (await problem()).includes('the key is not the one of'), 'the wrong key to be refused')
  await writePair(project, ['localhost'], Date.now() - 100 * DAY_MS)
  await until(async () => (await problem()).includes('has expired'), 'the expired one to be refused')
  writeFileSync(join(project.folder, 'site.pem'), 'nothing of the kind')
  await until(async () => (await problem()).includes('no certificate'), 'what is none to be refused')
  assert.equal(await fingerprintAt(port), next)
  assert.deepEqual([...failuresOf(await load.stop()), ...failuresOf(await streams.stop())], [])

  // A worker that dies meanwhile begins with the good one as well.
  const [worker] = (await project.status()).gateway
  process.kill(worker!.pid!, 'SIGKILL')
  await until(
    async () => (await project.status()).gateway.every(({ pid }) => pid !== null && pid !== worker!.pid),
    'another worker',
  )
  await untilShown(port, next)
  const last = await writePair(project, ['localhost', 'last.example.test'])
  await untilShown(port, last)
  assert.equal(await problem(), '')
})

test('a deploy with a pair that cannot be shown is refused before anything is touched', async () => {
  await using project = await withFiles()
  writeFileSync(join(project.folder, 'site.key'), (await makeSelfSigned(['localhost'], Date.now())).key)
  await project.run(['up', '--detach'])
  const { code, stderr } = await project.run(['deploy'])
  assert.equal(code, 1)
  assert.match(stderr, /the key is not the one of localhost .*tls\.certificate-refused/)
  assert.equal((await project.status()).world.live, null)
  writeFileSync(join(project.folder, 'site.pem'), '')
  assert.match((await project.run(['deploy'])).stderr, /no certificate/)
  await writePair(project, ['localhost'])
  await project.must(['deploy'])
  await served(project)
})

test('HTTPS comes and goes with deploys, and HTTP loses no request over it', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const http = await project.port()
  await using load = startLoad({ port: http, clients: 4, isGood: (status) => status === 200 || status === 308 })
  project.configure(tlsConfig('self-signed'))
  await project.must(['deploy', '--force'])
  const port = await served(project)
  await until(
    async () => (await fetch(`http://127.0.0.1:${http}/`, { redirect: 'manual' })).status === 308,
    'the redirect',
  )
  project.configure(plainConfig())
  await project.must(['deploy', '--force'])
  await until(async () => (await fingerprintAt(port)) === null, 'HTTPS to be gone')
  assert.equal((await project.status()).tls, null)
  assert.equal((await fetch(`http://127.0.0.1:${http}/`)).status, 200)
  assert.deepEqual(failuresOf(await load.stop()), [])
})

test('the keeper dies: a successor holds both sockets, and control its certificates', async () => {
  await using project = new TestProject(tlsConfig('self-signed'))
  await project.must(['up', '--detach'])
  const port = await served(project)
  const before = await fingerprintAt(port)
  await using load = startLoad({ port, protocol: 'h2', clients: 4, isGood: (status) => status === 200 })
  const keeperOf = (): number =>
    Number(
      readFileSync(join(project.stateFolder, 'logs', 'keeper.log'), 'utf8')
        .match(/"keeping".*"pid":(\d+)/g)!
        .at(-1)!
        .match(/"pid":(\d+)/)![1],
    )
  const keeper = keeperOf()
  process.kill(keeper, 'SIGKILL')
  await until(() => keeperOf() !== keeper, 'a successor')
  // Workers that it starts inherit both sockets from it.
  for (const { pid } of (await project.status()).gateway) process.kill(pid!, 'SIGKILL')
  await until(async () => (await project.status()).gateway.every(({ version }) => version !== null), 'other workers')
  assert.equal(await fingerprintAt(port), before)
  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  await until(async () => (await project.status()).controlPid !== controlPid, 'another control')
  await until(async () => (await project.status()).tls?.certificate?.fingerprint === before, 'the certificate')
  await project.must(['deploy', '--force'])
  assert.equal(await fingerprintAt(port), before)
  const failures = failuresOf(await load.stop())
  assert.deepEqual(
    failures.filter((failure) => !/ECONNRE|hang up|closed|cancel|REFUSED|without an answer/i.test(failure)),
    [],
  )
})
