import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LABEL } from '../labels.ts'
import { mustHaveEntry } from './own-entry.ts'

test('templates in an image of an own Dockerfile are refused, and nothing else is', () => {
  const own = { labels: { [LABEL.entry]: 'own' } }
  const templates = { 'a.template': 'a.conf' }
  assert.throws(() => mustHaveEntry('api', { templates }, own), { code: 'target.not-yet', message: /^api is built/ })
  mustHaveEntry('api', { templates: {} }, own)
  mustHaveEntry('api', { templates }, { labels: {} })
})
