import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APPS, appAt } from '../../../test/support/monitoring.ts'
import { monitoring } from './family.ts'
import { figuresIn } from './figures.ts'

void test('each number of each configuration file, of every example, has its reason', async () => {
  for (const path of APPS) {
    const figures = monitoring
      .files(await appAt(path))
      .flatMap((file) => figuresIn(file).map((each) => ({ ...each, file: file.path })))
    assert.ok(figures.length > 50, String(figures.length))
    assert.deepEqual(
      figures.filter(({ why }) => why === null).map(({ file, key, value }) => `${file}: ${key} = ${value}`),
      [],
      path,
    )
  }
})

void test('a number that nobody gave a reason is found, and several of one key are told together', () => {
  const text = 'global: { scrape_interval: 10s, extra: 7 }\njobs: [{ limit: 3 }, { limit: 4 }]\nname: v2\n'
  assert.deepEqual(figuresIn({ path: 'monitoring/prometheus/prometheus.yml', text }), [
    { key: 'global.scrape_interval', value: '10s', why: 'as often as control collects: figures.scrape' },
    { key: 'global.extra', value: '7', why: null },
    { key: 'jobs[].limit', value: '3, 4', why: null },
  ])
})
