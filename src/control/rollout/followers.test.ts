import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Followers, FOLLOWER_MS } from './followers.ts'

/** Time that passes as it is slept, and what happens at some instants of it. */
function clockWith(happens: Readonly<Record<number, () => void>>) {
  let now = 1_000
  const sleep = async (ms: number): Promise<void> => {
    for (let at = now + 1; at <= now + ms; at++) happens[at]?.()
    now += ms
  }
  return { now: () => now, sleep }
}

test('a command that asks after it was told is there; one that has asked before may have died since', async () => {
  const happens: Record<number, () => void> = {}
  const clock = clockWith(happens)
  const followers = new Followers(clock)
  const told: string[] = []
  const help = (): Promise<void> => followers.help('d1', '1-a has made room', (text) => told.push(text))
  followers.asked('d1')
  await assert.rejects(help(), { code: 'deploy.unhelped' })
  assert.equal(clock.now(), 1_000 + FOLLOWER_MS)
  happens[clock.now() + 100] = () => followers.asked('d2')
  await assert.rejects(help(), { code: 'deploy.unhelped' })
  happens[clock.now() + 100] = () => followers.asked('d1')
  await help()
  assert.equal(told.length, 3)
})
