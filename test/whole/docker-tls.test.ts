/** A certificate from files of the operator's machine on Docker: brought by `deploy`, renewed by `up`, under load. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { selfSigned } from '../support/certificate.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork, startEngineLoad } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { failuresOf } from '../support/load.ts'
import { plainConfig, until } from '../support/project.ts'

const [HTTP, HTTPS] = [8090, 8490]

const SHOWN = `import { connect } from 'node:tls'
const socket = connect({ host: '127.0.0.1', port: ${HTTPS}, rejectUnauthorized: false }, () => {
  console.log(socket.getPeerCertificate().fingerprint256)
  socket.end()
})`

const config = {
  ...plainConfig({ service: { scale: { min: 2 } } }),
  gateway: {
    listen: { http: HTTP, https: HTTPS },
    tls: { files: { cert: 'site.pem', key: 'site.key' } },
  },
  environments: { staging: { target: 'docker', watch: { for: '1s' }, drain: '2s' } },
}

test('a pair from files is brought by a deploy, and renewed without one', { timeout: 300_000 }, async () => {
  using base = nodeArchive()
  await using engine = await startEngine()
  engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  await using project = new EngineProject(config, {}, '.seaworthy/staging')
  project.variables = { DOCKER_HOST: engine.host }
  const write = (): string => {
    const { key, cert } = selfSigned()
    writeFileSync(join(project.folder, 'site.key'), key)
    writeFileSync(join(project.folder, 'site.pem'), cert)
    return new X509Certificate(cert).fingerprint256
  }
  const [enter, ...where] = engineNetwork(engine)
  const shown = (): string => {
    const words = [...where, process.execPath, '--input-type=module', '-e', SHOWN]
    return execFileSync(enter, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  }

  const without = await project.run(['deploy'])
  assert.equal(without.code, 1, without.stderr)
  assert.match(without.stderr, /site\.(pem|key) cannot be read.*\[tls\.certificate-unreadable\]/)

  const first = write()
  await project.must(['deploy'])
  assert.equal(shown(), first)

  const renewed = write()
  {
    await using load = startEngineLoad(engine, { port: HTTP, clients: 2 })
    await project.must(['up'])
    await until(() => shown() === renewed, 'the renewed certificate to be shown')
    assert.deepEqual(failuresOf(await load.stop()), [])
  }

  // From another checkout, whose files are elsewhere.
  const other = mkdtempSync(join(tmpdir(), 'seaworthy-checkout-'))
  try {
    cpSync(project.folder, other, { recursive: true })
    const { key, cert } = selfSigned()
    writeFileSync(join(other, 'site.key'), key)
    writeFileSync(join(other, 'site.pem'), cert)
    const env = { ...process.env, ...project.variables }
    execFileSync(process.execPath, [project.program, 'up'], { cwd: other, env, stdio: 'ignore' })
    const theirs = new X509Certificate(cert).fingerprint256
    await until(() => shown() === theirs, 'the pair of the other checkout to be shown')
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
  await project.must(['up'])
  await until(() => shown() === renewed, 'our own to be shown again')

  // Nothing of the key is where a container shows what it was made with.
  const ids = engine.docker('ps', '--quiet').split('\n')
  assert.ok(!engine.docker('inspect', ...ids).includes('PRIVATE KEY'))
  // Another machine, which has no such files: what control was given stays.
  for (const name of ['site.key', 'site.pem']) rmSync(join(project.folder, name))
  assert.match((await project.must(['up'])).stdout, /site\.\w+ cannot be read.*is shown on/)
  await project.must(['restart'])
  assert.equal(shown(), renewed)

  // A pair that no client would take is refused before anything is touched.
  writeFileSync(join(project.folder, 'site.key'), 'no key')
  writeFileSync(join(project.folder, 'site.pem'), 'no certificate')
  const refused = await project.run(['deploy'])
  assert.deepEqual([refused.code, shown()], [1, renewed])
  assert.match(refused.stderr, /\[tls\.certificate-refused\]/)
})
