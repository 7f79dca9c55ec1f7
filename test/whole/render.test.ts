import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kustomized } from '../support/kustomize.ts'
import { TestProject } from '../support/project.ts'
import { documentsBelow, RENDER_CONFIG, rendered, type RenderReport } from '../support/render-project.ts'

/** Text of each file below a folder, by path. */
function bytesIn(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .toSorted()
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  )
}

void test('deploy --render writes every environment on Kubernetes, and once more nothing', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  const first = await rendered(project)
  assert.deepEqual(
    first.environments.map(({ environment }) => environment),
    ['staging', 'production'],
  )
  assert.deepEqual(first.environments[0]!.secrets, [{ name: 'shop-api', keys: ['JWT_KEY'] }])
  const before = bytesIn(first.folder)
  assert.equal(Object.keys(before).length, first.plan.missing.length + 1, 'the files and the memory of them')
  // Though the folder lies among the service's own files.
  const second = await rendered(project)
  assert.deepEqual([second.plan.missing, second.plan.outdated], [[], []])
  assert.deepEqual(second.environments, first.environments)
  assert.deepEqual(bytesIn(first.folder), before)
  assert.equal(existsSync(join(project.folder, '.seaworthy')), false, 'nothing is kept beside the files')

  const documents = documentsBelow(first.folder)
  for (const environment of ['staging', 'production']) {
    const objects = kustomized(`overlays/${environment}`, documents)
    const variables = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && /api/.test(metadata.name))
    assert.equal(variables.data.LEVEL, environment === 'staging' ? 'debug' : 'info')
    assert.equal(variables.data.LINES, 'a\nb: "c"\n')
    const api = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'shop-api')
    assert.equal(api.metadata.namespace, environment === 'staging' ? 'staging' : 'shop')
    assert.match(api.spec.template.spec.containers[0].image, /^seaworthy\/shop\/api:[0-9a-f]{16}-[0-9a-f]{8}$/)
  }
})

void test('two machines with the same files and the same config write the same bytes', async () => {
  await using one = new TestProject(RENDER_CONFIG)
  await using other = new TestProject(RENDER_CONFIG)
  assert.deepEqual(bytesIn((await rendered(one)).folder), bytesIn((await rendered(other)).folder))
})

void test('another file or another value is another release', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  const releases = async (): Promise<readonly string[]> =>
    (await rendered(project)).environments.map(({ release }) => release)
  const [first] = [await releases()]
  appendFileSync(join(project.folder, 'plain.mjs'), '\n// changed\n')
  const second = await releases()
  assert.ok(second.every((release, index) => release !== first[index]))
})

void test('a service that is gone takes its files with it; what others have written or changed stays', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  const { folder } = await rendered(project)
  writeFileSync(join(folder, 'base/services/mine.yaml'), 'mine: true\n')
  const { proxy: _, ...services } = RENDER_CONFIG.services
  const own = join(folder, 'base/services/proxy.yaml')
  const text = readFileSync(own, 'utf8')
  project.configure({ ...RENDER_CONFIG, services })

  appendFileSync(own, '# mine\n')
  const kept = await rendered(project)
  assert.deepEqual(kept.kept, ['base/services/proxy.yaml'])
  assert.equal(readFileSync(own, 'utf8'), `${text}# mine\n`)

  writeFileSync(own, text)
  assert.deepEqual((await rendered(project)).kept, [])
  assert.deepEqual(readdirSync(join(folder, 'base/services')).toSorted(), ['api.yaml', 'mine.yaml'])
  assert.equal(
    kustomized('overlays/staging', documentsBelow(folder)).filter(({ kind }) => kind === 'Deployment').length,
    1,
  )
})

void test('what was changed by hand stops all of it until --force; --dry-run writes nothing', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  const { stdout } = await project.must(['deploy', '--render', 'deploy', '--dry-run'])
  assert.match(stdout, /would be written/)
  const folder = join(project.folder, 'deploy')
  assert.equal(existsSync(folder), false)
  await rendered(project)
  const file = join(folder, 'overlays/production/kustomization.yaml')
  const made = readFileSync(file, 'utf8')
  appendFileSync(file, '# mine\n')
  const refused = await project.run(['deploy', '--render', 'deploy', '--registry', 'r.example.com'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /\[generate\.changed-by-hand\]/)
  await rendered(project, '--force', '--registry', 'r.example.com/')
  assert.notEqual(readFileSync(file, 'utf8'), made)
  assert.match(readFileSync(file, 'utf8'), /newName: r\.example\.com\/shop-api\n/)
})

void test('one environment is rendered alone, but not over a base that others stand on', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  const { folder } = await rendered(project, 'staging')
  assert.deepEqual(readdirSync(join(folder, 'overlays')), ['staging'])
  await rendered(project)
  const before = bytesIn(folder)
  const refused = await project.run(['deploy', 'staging', '--render', 'deploy'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /holds production as well.*\[render\.other-environments\]/)
  assert.deepEqual(bytesIn(folder), before)
})

void test('the registry of the environments stands before their images, unless another one is said', async () => {
  const { staging } = RENDER_CONFIG.environments
  const environments = { staging: { ...staging, registry: 'r.example.com/team' } }
  await using project = new TestProject({ ...RENDER_CONFIG, environments })
  const nameIn = ({ environments: [one] }: RenderReport): string => one!.images[0]!.reference.split(':')[0]!
  assert.equal(nameIn(await rendered(project)), 'r.example.com/team/shop-api')
  assert.equal(nameIn(await rendered(project, '--registry', 'r.example.com')), 'r.example.com/shop-api')
})

void test('what cannot be rendered, or not here, is refused', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  const refusalOf = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await project.run(['deploy', ...args, '--render', 'deploy'])
    assert.equal(code, 2, stderr)
    return /\[(.+)\]/.exec(stderr)![1]!
  }
  assert.equal(await refusalOf('box'), 'render.not-kubernetes')
  assert.equal(await refusalOf('nowhere'), 'config.unknown-environment')
  assert.equal(await refusalOf('--resume'), 'cli.usage')
  assert.equal(await refusalOf('--plan', 'plan.json'), 'cli.usage')
  assert.equal(await refusalOf('--push'), 'cli.usage')
  assert.equal(await refusalOf('--registry', 'https://r.example.com'), 'cli.usage')
  const { staging, production } = RENDER_CONFIG.environments
  const registry = 'r.example.com/team'
  project.configure({ ...RENDER_CONFIG, environments: { production, staging: { ...staging, registry } } })
  assert.equal(await refusalOf(), 'cli.usage')
  project.configure({
    ...RENDER_CONFIG,
    environments: { staging, production: { ...production, namespace: 'staging' } },
  })
  assert.equal(await refusalOf(), 'render.same-place')
  const { services } = RENDER_CONFIG
  project.configure({
    ...RENDER_CONFIG,
    services: { ...services, api: { ...services.api, migrate: { expand: 'node plain.mjs' } } },
    needs: { db: { kind: 'postgres' } },
  })
  assert.equal(await refusalOf('production'), 'render.refused')
  assert.equal(existsSync(join(project.folder, 'deploy')), false)
})
