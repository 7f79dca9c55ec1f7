import { styleText } from 'node:util'
import type { DeployEvent, DeployResult } from '../deploy/engine.ts'
import type { Operation, Plan } from '../deploy/plan.ts'
import { describeProgress } from './canary-text.ts'
import { describeProof, milliseconds } from './proof-text.ts'

/** Tells a person, or a program, what a deploy does. */
export interface Narrator {
  plan(plan: Plan): void
  event(event: DeployEvent): void
  result(result: DeployResult): void
  note(text: string): void
  close(): void
}

const TICK_MS = 100
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** `say` puts what is told into words for whoever reads it. */
export function createNarrator(options: {
  json: boolean
  out: NodeJS.WriteStream
  say?: (text: string) => string
}): Narrator {
  const { json, out, say = (text) => text } = options
  return json ? jsonNarrator(out, say) : textNarrator(out, say)
}

/** The same facts as events, one JSON object a line. */
function jsonNarrator(out: NodeJS.WriteStream, say: (text: string) => string): Narrator {
  const write = (fact: object): void =>
    void out.write(JSON.stringify({ time: new Date().toISOString(), ...fact }) + '\n')
  return {
    plan: (plan) => write({ kind: 'plan', plan }),
    event: write,
    result: (result) => write({ kind: 'result', ...result }),
    note: (text) => write({ kind: 'note', text: say(text) }),
    close: () => {},
  }
}

/** A line per step; on a terminal the running step is shown with its time until it ends. */
function textNarrator(out: NodeJS.WriteStream, say: (text: string) => string): Narrator {
  const isTerminal = out.isTTY
  let running: { operation: Operation; since: number } | null = null
  let frame = 0
  const clear = (): void => void (isTerminal && out.write('\r\x1b[K'))
  const line = (text: string): void => {
    clear()
    out.write(`${say(text)}\n`)
  }
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    isTerminal ? styleText(style, text) : text
  const timer = isTerminal
    ? setInterval(() => {
        if (!running) return
        frame += 1
        const elapsed = seconds(Date.now() - running.since)
        const text = `${FRAMES[frame % FRAMES.length]} ${running.operation.id.padEnd(14)} ${elapsed}  ${running.operation.because}`
        out.write(`\r\x1b[K${text.slice(0, Math.max(20, (out.columns ?? 80) - 1))}`)
      }, TICK_MS)
    : null

  return {
    plan: (plan) => {
      line(
        `${plan.kind} ${paint('bold', plan.release.id)}${plan.base.live ? ` (live: ${plan.base.live})` : ' (first release)'}`,
      )
      for (const { service, because } of plan.downtime) line(paint('yellow', `! downtime for ${service}: ${because}`))
    },
    event: (event) => {
      switch (event.kind) {
        case 'planned':
          return
        case 'begun':
          running = { operation: event.operation, since: Date.now() }
          if (!isTerminal) line(`· ${event.operation.id.padEnd(14)} ${event.operation.because}`)
          return
        case 'done':
          running = null
          return line(
            `${paint('green', '✓')} ${event.operation.id.padEnd(14)} ${seconds(event.tookMs)}${isTerminal ? `  ${paint('dim', event.operation.because)}` : ''}`,
          )
        case 'failed':
          running = null
          return line(`${paint('red', '✗')} ${event.operation.id.padEnd(14)} ${event.message}`)
        case 'switched':
          return line(
            `  ${event.to} has the traffic: ${event.workers} workers acknowledged within ${milliseconds(event.tookMs)}`,
          )
        case 'canary':
          return line(`  ${describeProgress(event.progress)}`)
        case 'note':
          return line(`  ${event.text}`)
        case 'undone':
          return line(`  ${event.text}`)
      }
    },
    result: ({ deploy, state, message, proof }) => {
      const good = state === 'done'
      line(`${paint(good ? 'green' : 'red', `${deploy}: ${state}`)}${message ? `: ${message}` : ''}`)
      if (proof) for (const text of describeProof(proof)) line(`  ${text}`)
    },
    note: (text) => line(text),
    close: () => {
      if (timer) clearInterval(timer)
      clear()
    },
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(7)
}
