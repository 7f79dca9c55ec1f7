/** A config with two environments: what is printed about one must not lead to the other. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

const TARGET = { target: 'process', watch: { for: '300ms' }, drain: '1s' }

void test('what is printed of production names production, and only up makes its folder', async () => {
  const config = { ...plainConfig(), environments: { local: TARGET, production: TARGET } }
  await using project = new TestProject(config, {}, '.seaworthy/production')
  const command = async (...args: readonly string[]): Promise<string> => (await project.must(args)).stdout
  try {
    await project.must(['doctor', 'production'])
    const unit = await command('up', 'production', '--install', '--print')
    assert.match(unit, /# `seaworthy stop production` ends it/)
    const trail = await project.run(['audit-trail', 'production', '--verify'])
    assert.equal(trail.code, 1)
    assert.match(
      trail.stderr,
      /no trail at .*\/\.seaworthy\/production +\[audit\.no-trail\]\n→ .*`seaworthy up production`/,
    )
    const down = await project.run(['status', 'production'])
    assert.match(down.stderr, /\[environment\.down\]\n→ .*`seaworthy up production`/)
    assert.equal(await command('stop', 'production'), 'plain (production) is not up\n')
    assert.equal(existsSync(join(project.folder, '.seaworthy')), false)

    assert.match(await command('up', 'production', '--detach'), /plain \(production\) is up/)
    assert.match(await command('up', 'production', '--detach'), /`seaworthy deploy production` ships/)
    assert.match(await command('pause', 'production'), /every service is held; `seaworthy resume production` ends it/)
    assert.match(await command('resume', 'production'), /resumed/)
    assert.equal(await command('approve', 'production'), 'nothing has been approved\n')
    const unknown = await project.run(['logs', 'production', '-s', 'nope'])
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /'nope' is none of api, gateway, control, keeper, hook/)
    assert.match(await command('logs', 'production', '-s', 'api'), /api@1/)
    const json = await project.run(['deploy', 'production', '--resume', '--json'])
    assert.match(json.stdout, /`seaworthy deploy production`/)
    await project.must(['audit-trail', 'production', '--verify'])
    assert.match(await command('stop', 'production'), /is stopped; `seaworthy up production` brings/)
  } finally {
    await project.run(['stop', 'production'])
  }
  assert.equal(existsSync(join(project.folder, '.seaworthy', 'local')), false)
})
