import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { haveInRegistry, pushCommand, tagImage } from './push.ts'

const NAME = 'registry.example.com/shop/shop-api:1'
const MADE = 'seaworthy/shop/api:1'
const DIGEST = `sha256:${'d'.repeat(64)}`
const REFERENCE = `registry.example.com/shop/shop-api@${DIGEST}`
/** As docker narrates it; a newer one has more to say after it. */
const NARRATED = [
  'The push refers to repository [registry.example.com/shop/shop-api]',
  '5f70bf18a086: Layer already exists',
  `1: digest: ${DIGEST} size: 528`,
  '',
  ' Info → Not all multiplatform-content is present and only the available single-platform image was pushed',
]

test('an image gets the name of its registry, and is sent there', () => {
  assert.deepEqual(tagImage(null, MADE, NAME).argv, ['docker', 'tag', MADE, NAME])
  assert.deepEqual(pushCommand('ssh://build', NAME).argv, ['docker', '--host', 'ssh://build', 'push', NAME])
})

/** On an engine whose push says so, and whose images have these digests by then. */
function have(
  t: TestContext,
  { said, digests = [], code = 0 }: { said: readonly string[]; digests?: readonly string[]; code?: number },
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-push-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const look = { Id: 'sha256:1', RepoTags: [NAME], RepoDigests: digests, RootFS: {} }
  const script = `#!${process.execPath}
const [verb] = process.argv.slice(2)
if (verb === 'image') process.stdout.write(${JSON.stringify(JSON.stringify([look]))})
if (verb === 'pull') { console.error('manifest unknown'); process.exitCode = 1 }
if (verb === 'push') { console.${code === 0 ? 'log' : 'error'}(${JSON.stringify(said.join('\n'))}); process.exitCode = ${code} }
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
  return haveInRegistry(null, { name: NAME, make: () => Promise.resolve(MADE) }, run)
}

test('the digest is the one that the push tells: its name may be that of another build by then', async (t) => {
  assert.equal(await have(t, { said: NARRATED }), REFERENCE)
  const other = `registry.example.com/shop/shop-api@sha256:${'e'.repeat(64)}`
  assert.equal(await have(t, { said: NARRATED, digests: [other] }), REFERENCE)
})

test('of a push that tells none the engine may know it; else that is what is told, and no refusal', async (t) => {
  assert.equal(await have(t, { said: [], digests: [REFERENCE] }), REFERENCE)
  await assert.rejects(have(t, { said: ['Writing manifest to image destination'] }), {
    code: 'image.not-pushed',
    message: `${NAME} was pushed, and nobody tells its digest`,
  })
  await assert.rejects(have(t, { said: ['denied: requested access to the resource is denied'], code: 1 }), {
    code: 'image.not-pushed',
    message: /registry\.example\.com does not let you/,
  })
})
