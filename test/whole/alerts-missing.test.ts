/**
 * What nothing is known of, though it ought to be there: needs whose URL is gone from the state folder, a certificate that an
 * authority refuses, backups that are declared and taken by nobody, and a program that does not come up with its environment. It
 * is not "fine", and it is over once it is known. Waits are a tenth of what they are.
 */
import assert from 'node:assert/strict'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startAuthority } from '../support/acme-authority.ts'
import { watchAlerts } from '../support/alert-watch.ts'
import { plainConfig, TestProject } from '../support/project.ts'
import { startRedis } from '../support/redis-server.ts'

const FACTOR = '0.1'
const NEEDS = ['store', 'cache']
const UNKNOWN = ['NeedDownNoData', 'OptionalNeedDownNoData', 'CertificateExpiresSoonNoData', 'BackupOldNoData']
const RULES = [...UNKNOWN, 'ServiceDownNoData']

const configOf = (downFile: string, tls: object | string, more: object = {}): object => ({
  ...plainConfig({
    service: { uses: { store: 'required', cache: 'optional' } },
    services: {
      worker: {
        start: `sh -c 'test ! -e $DOWN_FILE && exec node -e "setInterval(() => {}, 1000)"'`,
        // Not even for the moment that its shell takes.
        health: { ready: `test ! -e ${downFile}`, interval: '1s', deadline: '20s' },
        env: { DOWN_FILE: downFile },
      },
    },
    environment: { domain: 'shop.example.test' },
  }),
  needs: {
    store: { kind: 'redis', url: 'STORE_URL' },
    cache: { kind: 'redis', role: 'cache', url: 'CACHE_URL' },
  },
  gateway: { listen: { http: 0, https: 0 }, tls, accessLog: false },
  ...more,
})

void test('what nothing is known of is told as that, and is over when it is known again', async (t) => {
  t.diagnostic(`waits times ${FACTOR}`)
  await using authority = await startAuthority({ where: () => ({ httpPort: 0, httpsPort: 0 }) })
  authority.refuse('not today')
  await using redis = await startRedis({ keeps: false })
  await using project = new TestProject({})
  const downFile = join(project.folder, '.seaworthy', 'down')
  const env = { STORE_URL: redis.url, CACHE_URL: redis.url, SEAWORTHY_ALERT_WINDOWS: FACTOR }
  const deployWith = async (tls: object | string, more: object = {}): Promise<void> => {
    project.configure(configOf(downFile, tls, more))
    await project.must(['deploy'], env)
  }
  project.configure(configOf(downFile, 'self-signed'))
  await project.must(['up', '--detach'], env)
  const alerts = watchAlerts(project, t)
  await alerts.quiet(RULES)

  // Backups are taken by nobody yet: who counts on them is told so.
  const backups = { store: { every: '6h', to: ['file:backups'] } }
  await deployWith({ acme: { email: 'ops@example.test', directory: authority.directory } }, { backups })
  const at = Date.now()
  const { live } = (await project.status()).world
  const urls = join(project.stateFolder, 'secrets', live!, 'needs')
  for (const need of NEEDS) renameSync(join(urls, need), join(project.folder, need))
  await alerts.fires(UNKNOWN, at)
  assert.equal((await project.status()).tls?.certificate, null)

  const over = Date.now()
  for (const need of NEEDS) renameSync(join(project.folder, need), join(urls, need))
  await deployWith('self-signed')
  await alerts.ends(UNKNOWN, over)

  // Whoever has never seen it up cannot say that it is down.
  await project.must(['stop'])
  writeFileSync(downFile, '')
  const upAt = Date.now()
  await project.must(['up', '--detach'], env)
  await alerts.fires(['ServiceDownNoData'], upAt, { service: 'worker' })
  const backAt = Date.now()
  rmSync(downFile)
  await alerts.ends(['ServiceDownNoData'], backAt)
})
