import { randomFrom } from '../random.ts'
import type { Random } from '../random.ts'
import { answerOf, requestOf, textOf } from './messages.ts'
import { alter, mutated } from './mutate.ts'
import { createNodeServer, readAnswerWithNode } from './node-reference.ts'
import { readAnswer, readRequests } from './ours.ts'
import { difference } from './reading.ts'
import type { Reading } from './reading.ts'

export interface FuzzOptions {
  readonly side: 'requests' | 'answers'
  readonly count: number
  readonly seed: number
  /** What is done to the bytes before our reader sees them: a control makes us lenient with it. */
  readonly repair?: (text: string) => string
  /** So many differences end it. */
  readonly differencesMax?: number
  readonly onProgress?: (done: number) => void
}

export interface FuzzResult {
  readonly streams: number
  readonly bytes: number
  /** Messages that we read, and those that we refused, by the code of the refusal. */
  readonly accepted: number
  readonly refused: Readonly<Record<string, number>>
  /** Refused by us and not by the reference, by our code. */
  readonly stricter: Readonly<Record<string, number>>
  readonly differences: readonly { readonly seed: number; readonly text: string; readonly what: string }[]
}

/** Streams at a time: they share the turns of the loop that the reference takes. */
const AT_ONCE = 64

/** Every stream has a seed of its own, so that each can be repeated alone. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { side, count, seed, repair, differencesMax = 20, onProgress } = options
  const node = createNodeServer()
  const refused: Record<string, number> = {}
  const stricter: Record<string, number> = {}
  const differences: { seed: number; text: string; what: string }[] = []
  let accepted = 0
  let bytesRead = 0
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, index) => one(seed + done + index)))
    onProgress?.(done)
    if (differences.length >= differencesMax) break
  }
  return { streams: count, bytes: bytesRead, accepted, refused, stricter, differences }

  async function one(streamSeed: number): Promise<void> {
    const random = randomFrom(streamSeed)
    const { text, ours, reference } = await (side === 'requests' ? requests(random) : answers(random))
    bytesRead += text.length
    accepted += ours.messages.length
    if (ours.end !== 'open' && ours.end !== 'closed') {
      refused[ours.end] = (refused[ours.end] ?? 0) + 1
      if (reference.end === 'open' || reference.end === 'closed') stricter[ours.end] = (stricter[ours.end] ?? 0) + 1
    }
    const what = difference(ours, reference)
    if (what !== null) differences.push({ seed: streamSeed, text, what })
  }

  async function requests(random: Random): Promise<{ text: string; ours: Reading; reference: Reading }> {
    const text = mutated(random, requestOf)
    const bytes = Buffer.from(text, 'latin1')
    const ours = readRequests(repair === undefined ? bytes : Buffer.from(repair(text), 'latin1'), random)
    return { text, ours, reference: await node.read(bytes) }
  }

  async function answers(random: Random): Promise<{ text: string; ours: Reading; reference: Reading }> {
    const asked = { method: random.pick(['GET', 'GET', 'POST', 'HEAD']), websocket: false }
    if (asked.method === 'GET' && random.chance(0.1)) asked.websocket = true
    const text = mutatedAnswer(random)
    const bytes = Buffer.from(text, 'latin1')
    const ours = readAnswer(repair === undefined ? bytes : Buffer.from(repair(text), 'latin1'), random, asked)
    return { text, ours, reference: await readAnswerWithNode(bytes, asked) }
  }
}

function mutatedAnswer(random: Random): string {
  const messages = answerOf(random)
  if (random.chance(0.2)) return messages.map(textOf).join('')
  if (random.chance(0.3)) return mutated(random, () => answerOf(random).at(-1)!)
  for (let times = 1 + random.below(3); times > 0; times--) alter(random, random.pick(messages))
  return messages.map(textOf).join('')
}
