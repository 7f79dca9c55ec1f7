import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { detectionWindow } from './detection-window.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'

const promises = (detect: string, availability = '99.9%') => ({
  trade: { on: { service: 'api' }, availability },
  operate: { on: 'operate', detect },
})
const refused = (detect: string, availability?: string) =>
  onlyRefusal(detectionWindow, { app: appWith(promises(detect, availability)), facts: NO_FACTS })
const judged = (detect: string, availability?: string) =>
  detectionWindow(appWith(promises(detect, availability)), NO_FACTS)

void test('3: nobody is told sooner than what ended has been missed', () => {
  // 3 × 10 s + 10 s + 5 s + 5 s = 50 s; promised are 30 s.
  const { objective, reason, arithmetic, waysOut } = refused('30s')
  assert.deepEqual([objective, reason], ['operate/detection', 'detection-window'])
  assert.deepEqual(arithmetic, [
    'an instance that ended: 3 missed collections × 10 s + evaluation 10 s + group wait 5 s + delivery 5 s = 50 s',
    'promised 30 s < 50 s',
  ])
  assert.deepEqual(waysOut[0]!.text, "promise detect: '50s' in operate")
  assert.equal(judged('49s').length, 1)
  assert.deepEqual(judged('50s'), [], 'the neighbour')
})

void test('4: what may fail anyway hides what fails', () => {
  // 80 %: no burn rate of 14.4 (2.88) or 6 (1.2); 3 × 0.2 = 0.6 fires after 0.1 × 720 h × 0.2 ÷ 1 = 14.4 h.
  // (50 s − 30 s) ÷ 60 s = 0.3333; of 20 requests 0.2 + 3 × √(0.2 × 0.8 ÷ 20) = 0.2 + 3 × 0.08944 = 0.46833, up: 0.4684.
  const { reason, arithmetic, waysOut } = refused('50s', '80%')
  assert.equal(reason, 'detection-noise')
  assert.deepEqual(arithmetic, [
    'trade/availability: burn rates tell after 14.408 h when every request fails, and 50 s are promised',
    'a rule over 1 min needs a threshold ≤ (50 s − 30 s) ÷ 1 min, at most 50 %: 33.33 %',
    'of 20 requests 20 % + 3 σ = 46.84 % may fail by chance ≥ 33.33 %',
  ])
  // 0.4684 × 60 s = 28.1, so 29 s after 30: 0.4833 is above it.
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["promise detect: '59s' in operate", "promise detect: '51870s' in operate", "promise availability: '89%' in trade"],
  )
  assert.equal(judged('58s', '80%').length, 1)
  assert.deepEqual(judged('59s', '80%'), [], 'the neighbour')
})

void test('without a promise of requests the end of an instance is all there is to notice', () => {
  assert.deepEqual(detectionWindow(appWith({ operate: { on: 'operate', detect: '1min' } }), NO_FACTS), [])
})
