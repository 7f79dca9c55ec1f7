import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unitName, unitText, type ServiceUnit } from './service-unit.ts'

const unit: ServiceUnit = {
  app: 'shop',
  environment: 'production',
  isSystem: true,
  user: 'shop',
  stateFolder: '/srv/shop/.seaworthy/production',
  node: '/opt/node/bin/node',
  cli: '/opt/seaworthy/bin/seaworthy.js',
  env: { PATH: '/opt/node/bin:/usr/bin', HOME: '/srv/shop' },
}

const linesOf = (changed: Partial<ServiceUnit> = {}): readonly string[] => unitText({ ...unit, ...changed }).split('\n')

test('a unit of the machine runs as the owner of the environment, from absolute paths', () => {
  const lines = linesOf()
  assert.equal(unitName('shop', 'production'), 'seaworthy-shop-production.service')
  for (const line of [
    'ExecStart=/opt/node/bin/node /opt/seaworthy/bin/seaworthy.js up --service /srv/shop/.seaworthy/production',
    'User=shop',
    'Environment="PATH=/opt/node/bin:/usr/bin"',
    'KillMode=mixed',
    'Restart=on-failure',
    'OOMPolicy=continue',
    'ProtectSystem=full',
    'ReadWritePaths=/srv/shop/.seaworthy/production',
    'WantedBy=multi-user.target',
  ])
    assert.ok(lines.includes(line), line)
  // Commands outside and the environment inside meet there.
  assert.ok(!lines.some((line) => line.startsWith('PrivateTmp')))
})

test("a unit of a user's systemd has neither a user nor what only the machine's can do", () => {
  const lines = linesOf({ isSystem: false })
  assert.ok(lines.includes('WantedBy=default.target'))
  assert.ok(lines.includes('NoNewPrivileges=yes'))
  assert.deepEqual(
    lines.filter((line) => /^(User|Protect|ReadWrite)/.test(line)),
    [],
  )
})

test('nothing in a path is expanded by systemd', () => {
  const lines = linesOf({ stateFolder: '/srv/my "shop" 100%/$HOME' })
  assert.ok(
    lines.some((line) => line.endsWith('up --service "/srv/my \\"shop\\" 100%%/$$HOME"')),
    lines.join('\n'),
  )
  assert.ok(lines.includes('WorkingDirectory=/srv/my "shop" 100%%/$HOME'))
})
