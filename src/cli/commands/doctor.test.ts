import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const bin = join(import.meta.dirname, '..', '..', '..', 'bin', 'seaworthy.js')

test('doctor names the secrets without a value, and a state folder that git has taken in', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-doctor-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = {
    name: 'shop',
    services: { api: { start: 'node api.js', routes: ['/'], secrets: ['DOCTOR_TOKEN'] } },
    environments: { local: { target: 'process' } },
  }
  writeFileSync(join(folder, 'seaworthy.config.json'), JSON.stringify(config))
  const clean = await doctor(folder)
  assert.match(clean, /✗ {2}secrets .*DOCTOR_TOKEN has no value/)
  assert.doesNotMatch(clean, /tracked by git/)

  mkdirSync(join(folder, '.seaworthy', 'local', 'secrets'), { recursive: true })
  writeFileSync(join(folder, '.seaworthy', 'local', 'secrets', 'api'), 'a value')
  execFileSync('git', ['init', '--quiet'], { cwd: folder })
  execFileSync('git', ['add', '--all', '--force'], { cwd: folder })
  assert.match(await doctor(folder), /✗ {2}state folder .*\.seaworthy\/local is tracked by git/)
})

test('doctor says when the secrets file lies among the files of a service', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-doctor-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const configure = (secrets: string): void => {
    const services = {
      api: { start: 'node api.js', path: 'api', routes: ['/api'] },
      web: { static: 'public', routes: ['/'] },
    }
    const config = { name: 'shop', services, environments: { local: { target: 'process', secrets } } }
    writeFileSync(join(folder, 'seaworthy.config.json'), JSON.stringify(config))
  }
  configure('public/s.env')
  assert.match(await doctor(folder), /· {2}secrets file .*public\/s\.env lies in the folder of web: /)
  configure('api/.env')
  assert.match(await doctor(folder), /· {2}secrets file .*api\/\.env lies in the folder of api: /)
  for (const elsewhere of ['s.env', '../s.env', '/etc/s.env']) {
    configure(elsewhere)
    assert.doesNotMatch(await doctor(folder), /lies in the folder of/)
  }
})

function doctor(folder: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, 'doctor', '--config', folder], (_error, stdout) => resolve(stdout))
  })
}
