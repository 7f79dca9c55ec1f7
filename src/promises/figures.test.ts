import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseRatio } from '../core/quantity.ts'
import { Decimal } from './decimal.ts'
import { configDuration, configRatio, durationText } from './figures.ts'

void test('durations are read in the unit that fits', () => {
  const texts = ['2592000', '259200', '51840', '999', '0', '90000000', '2592000000', '1234567'].map((ms) =>
    durationText(Decimal.of(ms)),
  )
  assert.deepEqual(texts, ['43.2 min', '4.32 min', '51.84 s', '999 ms', '0 ms', '1.042 d', '30 d', '20.576 min'])
})

void test('what is proposed can be written into the config as it stands', () => {
  for (const ms of [1, 1_500, 60_000, 90_000, 21_600_000, 45 * 3_600_000, 86_400_000])
    assert.deepEqual(parseDuration(configDuration(ms)), { ok: true, value: ms }, configDuration(ms))
  assert.deepEqual([configDuration(1_500), configDuration(90_000), configDuration(86_400_000)], ['1500ms', '90s', '1d'])
  for (const ratio of ['0.9985', '0.999', '0.00001', '1'])
    assert.deepEqual(parseRatio(configRatio(Decimal.of(ratio))), { ok: true, value: Number(ratio) })
})
