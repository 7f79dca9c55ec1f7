import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DOCUMENTED_KEYS, undocumentedKeysIn } from './documented-keys.ts'
import { telemetryFiles } from './telemetry.ts'

const files = telemetryFiles({ environment: 'local' })

void test('every key of collector, Loki and Jaeger is one that their documentation names', () => {
  assert.equal(files.length, Object.keys(DOCUMENTED_KEYS).length)
  assert.deepEqual(undocumentedKeysIn(files), [])
})

void test('a misspelt key, one in the wrong place and a name that has ended are found', () => {
  const wrong: readonly (readonly [from: string, to: string, found: string])[] = [
    ['limit_mib:', 'limit_mb:', 'processors.memory_limiter.limit_mb'],
    ['otlp_http/loki:', 'otlphttp/loki:', 'exporters.otlphttp/loki.endpoint'],
    ['retention_period:', 'retention:', 'limits_config.retention'],
    ['max_traces:', 'traces_max:', 'extensions.jaeger_storage.backends.traces.memory.traces_max'],
    ['auth_enabled:', 'extra:\n  auth_enabled:', 'extra.auth_enabled'],
  ]
  for (const [from, to, found] of wrong) {
    const changed = files.map((file) => ({ ...file, text: file.text.replace(from, to) }))
    const lines = undocumentedKeysIn(changed)
    assert.ok(
      lines.some((line) => line.includes(`: ${found} is in no documentation`)),
      `${to} gave ${JSON.stringify(lines)}`,
    )
  }
})

void test('no key is listed that no file has, and each has its source', () => {
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  for (const [path, documented] of Object.entries(DOCUMENTED_KEYS)) {
    for (const { source, keys } of documented) {
      assert.ok(URL.canParse(source), source)
      const last = keys.map((key) => key.replaceAll('[]', '').split('.').at(-1)!)
      const unused = last.filter((key) => !texts.get(path)!.includes(`${key}:`))
      assert.deepEqual(unused, [], `${path}: ${source}`)
    }
  }
})
