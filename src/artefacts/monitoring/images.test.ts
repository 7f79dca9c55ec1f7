import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { appAt } from '../../../test/support/monitoring.ts'
import { composeFiles } from './compose.ts'
import { IMAGES } from './images.ts'

void test('compose starts no image but those whose tag has a source, and each by one tag that does not move', async () => {
  const used = composeFiles(await appAt('test/fixtures/monitoring/maximal')).flatMap(({ text }) =>
    Object.values((parse(text) as { services: Record<string, { image: string }> }).services).map(({ image }) => image),
  )
  assert.deepEqual(
    used.toSorted(),
    Object.values(IMAGES)
      .map(({ image }) => image)
      .toSorted(),
  )
  for (const { image, source } of Object.values(IMAGES)) {
    assert.match(image, /^[a-z0-9./_-]+:v?\d+\.\d+\.\d+$/)
    assert.ok(URL.canParse(source), source)
  }
})
