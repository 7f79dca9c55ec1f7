import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

interface Generated {
  readonly folder: string
  readonly written: boolean
  readonly plan: Readonly<Record<'missing' | 'outdated' | 'changedByHand' | 'unchanged', readonly string[]>>
  readonly drift: readonly string[]
}

async function generate(
  project: TestProject,
  ...args: readonly string[]
): Promise<Generated & { code: number | null }> {
  const { code, stdout } = await project.run(['generate', '--json', ...args])
  return { ...(JSON.parse(stdout) as Generated), code }
}

void test('generate writes once, and a second run changes nothing', async () => {
  await using project = new TestProject(plainConfig())
  const first = await generate(project)
  assert.equal(first.code, 0)
  assert.equal(first.folder, join(project.folder, 'ops'))
  assert.ok(first.plan.missing.includes('monitoring/prometheus/prometheus.yml'))
  const bytes = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(first.folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => statSync(join(first.folder, path)).isFile())
        .map((path) => [path, readFileSync(join(first.folder, path), 'utf8')]),
    )
  const before = bytes()
  assert.deepEqual(Object.keys(before).length, first.plan.missing.length + 1, 'the files and the memory of them')
  const second = await generate(project)
  assert.deepEqual([second.plan.missing, second.plan.outdated], [[], []])
  assert.deepEqual(bytes(), before)
  assert.equal((await generate(project, '--check')).code, 0)
})

void test('--check tells of drift and writes nothing; what was changed by hand is kept until --force', async () => {
  await using project = new TestProject(plainConfig())
  const { folder } = await generate(project)
  const file = join(folder, 'monitoring/prometheus/prometheus.yml')
  const made = readFileSync(file, 'utf8')
  assert.match(made, /^# Made by seaworthy \d.* from name, environments\.local/)
  appendFileSync(file, '# mine\n')

  const checked = await project.run(['generate', '--check'])
  assert.equal(checked.code, 1)
  assert.match(checked.stdout, /monitoring\/prometheus\/prometheus\.yml: changed by hand/)

  const refused = await project.run(['generate'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /\[generate\.changed-by-hand\]/)
  assert.equal(readFileSync(file, 'utf8'), `${made}# mine\n`)

  assert.equal((await generate(project, '--force')).code, 0)
  assert.equal(readFileSync(file, 'utf8'), made)
})

void test('each environment has its folder, whatever its target, and --out is where one says', async () => {
  await using project = new TestProject({
    ...plainConfig(),
    environments: { local: { target: 'process' }, production: { target: 'kubernetes', context: 'prod' } },
  })
  const production = await generate(project, '--env', 'production')
  assert.equal(production.folder, join(project.folder, 'ops/production'))
  const text = readFileSync(join(production.folder, 'monitoring/prometheus/prometheus.yml'), 'utf8')
  assert.match(text, /environment: production/)
  assert.equal(existsSync(join(project.folder, 'ops/monitoring')), false)
  assert.equal((await generate(project, '--out', 'elsewhere')).folder, join(project.folder, 'elsewhere'))
  assert.equal((await project.run(['generate', 'terraform'])).code, 2)
})
