/** Plays a shape against a gateway, and gathers the three opinions about it: the client's, the upstream's and the gateway's own. */
import { bodyOf, dataOf, ResponseHead, ResponseReader } from '../../../src/http1/index.ts'
import { rawConnection, until } from '../../../src/gateway/testing.ts'
import { MARKER, PLACE } from './shape.ts'
import type { Shape } from './shape.ts'
import type { Seen } from './witness.ts'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly whole: boolean
}

export interface Play {
  readonly shape: Shape
  readonly place: string
  readonly answers: readonly Answer[]
}

/** Writes the shape and its marker on one connection, and takes what comes until the gateway ends it. */
export async function play(
  shape: Shape,
  place: string,
  {
    gateway,
    pieces,
  }: {
    readonly gateway: { readonly port: number; readonly url: string }
    /** How the stream is cut. */
    readonly pieces: (text: string) => readonly string[]
  },
): Promise<Play> {
  using client = rawConnection(gateway.port)
  client.socket.setNoDelay(true)
  for (const piece of pieces((shape.text + MARKER).replaceAll(PLACE, place))) {
    client.socket.write(Buffer.from(piece, 'latin1'))
    // The gateway runs in this process: it gets its turn between two pieces.
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (shape.expect.end === 'waits') {
    // What was written before these were answered has been read.
    for (let times = 0; times < 2; times++) await (await fetch(`${gateway.url}/barrier`)).text()
    client.socket.end()
  }
  await until(() => client.ended, 10_000)
  const answers = answersIn(
    client.received,
    shape.expect.reads.map(([method]) => method),
  )
  return {
    shape,
    place,
    answers: answers.map((answer) => ({ ...answer, body: answer.body.replaceAll(place, PLACE) })),
  }
}

/** The answers on a connection to requests with these methods, read strictly; what cannot be read is told as status 0. */
export function answersIn(received: Buffer, methods: readonly string[]): Answer[] {
  const answers: Answer[] = []
  const reader = new ResponseReader()
  const head = new ResponseHead()
  const bytes = Buffer.from(received)
  for (let at = 0; at < bytes.length;) {
    const method = methods[answers.length] ?? 'GET'
    at = reader.push(bytes, at, bytes.length, head, { method, websocket: false })
    if (at === -1 || reader.refusal !== null) {
      answers.push({ status: 0, body: received.toString('latin1'), whole: false })
      break
    }
    if (head.interim) continue
    const body = bodyOf(head)
    let data = ''
    let whole = body === null
    if (body !== null) {
      at = body.push(bytes, at, bytes.length)
      data = dataOf(bytes, body).toString('latin1')
      whole = body.done
    }
    answers.push({ status: head.status, body: data, whole })
  }
  return answers
}

/** Everything that is not as it should be, in words; empty when all three read the stream in the one right way. */
export function verdict(
  { shape, place, answers }: Play,
  seen: readonly Seen[],
  lines: readonly Readonly<Record<string, unknown>>[],
): string[] {
  const { reads, end, begun = false } = shape.expect
  const wrong: string[] = []
  const mine = seen.filter(({ target }) => target.startsWith(place))
  const tell = (values: readonly unknown[]): string => JSON.stringify(values)

  const whole = mine
    .filter(({ whole }) => whole)
    .map(({ method, target, body }) => [method, target.replaceAll(place, PLACE), body.replaceAll(place, PLACE)])
  if (tell(whole) !== tell(reads)) wrong.push(`the upstream read ${tell(whole)}`)
  const parts = mine.filter(({ whole }) => !whole)
  if (!begun && parts.length > 0) wrong.push(`the upstream read parts ${tell(parts)}`)
  if (parts.some(({ target }) => target !== `${place}/a`))
    wrong.push(`the upstream read parts of something else ${tell(parts)}`)

  const told = answers.map(({ status, body, whole }) => `${status} ${whole ? body : 'in part'}`)
  const expected = reads.map(([method, target]) => `200 ${method === 'HEAD' ? '' : `${method} ${target}`}`)
  if (tell(told.slice(0, expected.length)) !== tell(expected)) wrong.push(`the client was told ${tell(told)}`)
  const rest = answers.slice(expected.length)
  if (typeof end === 'number') {
    if (rest.length !== 1 || rest[0]!.status !== end || !rest[0]!.whole)
      wrong.push(`answered with ${tell(told)}, not with ${end}`)
  } else if (end === 'closed' && rest.length > 0) wrong.push(`more answers than requests: ${tell(told)}`)
  // Who waits for a body and sees its sender leave may say so.
  else if (end === 'waits' && (rest.length > 1 || rest.some(({ status }) => status < 400)))
    wrong.push(`answered ${tell(told)} to a part`)

  const logged = lines
    .filter(({ path, status }) => typeof path === 'string' && path.startsWith(place) && status === 200)
    .map(({ method, path }) => `${String(method)} ${String(path).replaceAll(place, PLACE)}`)
  const forwarded = reads.map(([method, target]) => `${method} ${target}`)
  if (tell(logged) !== tell(forwarded)) wrong.push(`the gateway logged ${tell(logged)}`)
  return wrong
}
