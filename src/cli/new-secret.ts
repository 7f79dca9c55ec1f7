import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import type { ReadStream } from 'node:tty'
import { messageOf, Problem } from '../core/problem.ts'
import { isPlaceholder } from '../core/placeholder.ts'

export interface NewSecretOptions {
  /** So many random bytes, as text. */
  readonly generate: number | null
  /** A file whose text it is. */
  readonly from: string | null
  readonly stdin: ReadStream | NodeJS.ReadStream
}

/** The new value of a secret: never a word of the command, which every user of the machine can see. */
export async function newSecret(name: string, { generate, from, stdin }: NewSecretOptions): Promise<string> {
  if (generate !== null) return randomBytes(generate).toString('base64url')
  const value = withoutLineEnd(from === null ? await typed(name, stdin) : readFrom(from))
  if (value === '') throw noValue(`no value for ${name} came in`)
  if (value.includes('\0')) throw noValue(`the value of ${name} holds a zero byte, which no variable can`)
  if (isPlaceholder(value)) throw noValue(`the value of ${name} is a placeholder`)
  return value
}

function readFrom(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw noValue(messageOf(error))
  }
}

async function typed(name: string, stdin: NewSecretOptions['stdin']): Promise<string> {
  if (!stdin.isTTY) return readAll(stdin)
  const first = await askHidden(`new value of ${name}: `, stdin)
  if (first === (await askHidden('the same again: ', stdin))) return first
  throw noValue('the two are not the same')
}

/** Reads a line from a terminal that does not show it. */
async function askHidden(question: string, stdin: NewSecretOptions['stdin']): Promise<string> {
  process.stderr.write(question)
  stdin.setRawMode(true)
  try {
    let line = ''
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const key of String(chunk)) {
        if (key === '\r' || key === '\n') return line
        if (key === CTRL_C || key === CTRL_D) throw noValue('nothing was changed')
        line = key === BACKSPACE || key === '\b' ? line.slice(0, -1) : line + key
      }
    }
    return line
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    process.stderr.write('\n')
  }
}

const [CTRL_C, CTRL_D, BACKSPACE] = ['\u0003', '\u0004', '\u007f']

/** The one that `echo` and editors put at the end. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function noValue(because: string): Problem {
  return new Problem('secret.no-value', because, {
    hint: 'Type it when asked, send it by a pipe, or name a file with --from. `--generate 32` makes one. Nothing was changed.',
  })
}
