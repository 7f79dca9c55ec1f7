import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monitoring } from '../artefacts/monitoring/family.ts'
import { appWith } from '../promises/testing.ts'
import { explainArtefact, explainFile } from './explain-file.ts'

void test('every generated file says what it comes from, wherever it lies', async () => {
  const app = appWith({ trade: { on: { service: 'api' }, availability: '99.9%' } })
  const files = monitoring.files(app)
  const explain = (file: string) => explainArtefact(file, files, monitoring)
  for (const { path } of files) assert.equal(explain(`../shop/ops/${path}`)?.what, path)
  const rules = files.find(({ path }) => path.includes('rules'))!.path
  assert.match(explain(rules)!.arithmetic.join('\n'), /from promises\.trade/)
  assert.match(
    explain('ops/monitoring/loki/loki.yml')!.arithmetic.join('\n'),
    /^limits_config\.retention_period 720h: as long as /m,
  )
  assert.equal(explain('nothing.yml'), null)
  assert.equal(explain(`x${files[0]!.path}`), null, 'another file whose name ends like it')
  assert.equal(await explainFile('TradeAvailability', app), null, 'no file is called that')
})
