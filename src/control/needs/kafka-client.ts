import { connect, type Socket } from 'node:net'
import {
  apiVersions,
  frame,
  metadata,
  Reader,
  saslAuthenticate,
  saslHandshake,
  type Broker,
  type Question,
} from './kafka-messages.ts'

/** What is asked here is answered in some hundred bytes. */
const ANSWER_BYTES_MAX = 64 * 1024
const PORT = 9092

/**
 * Comes in as a service does, over a connection of its own, and asks who the brokers are. The URL's user and password are its
 * login; without them nothing is asked for one.
 * @param url 'kafka://user:password@host:9092'
 * @param askMs for all of it
 * @throws Error with the server's own words, or why there are none; never with the password
 */
export async function askKafka(url: string, askMs: number): Promise<readonly Broker[]> {
  const { hostname, port, username, password } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port || PORT) })
  const late = setTimeout(() => socket.destroy(new Error(`no answer within ${askMs} ms`)), askMs)
  try {
    const ask = asker(socket)
    const account = [decodeURIComponent(username), decodeURIComponent(password)] as const
    const login = username === '' ? [] : [saslHandshake, saslAuthenticate(...account)]
    const takes = await ask(apiVersions)
    for (const { key, version } of [...login, metadata]) {
      const { min, max } = takes.get(key) ?? { min: 0, max: -1 }
      if (version < min || version > max) throw new Error(`it does not take request ${key} in version ${version}`)
    }
    for (const step of login) await ask(step)
    const { brokers, controller } = await ask(metadata)
    if (brokers.length === 0 || controller < 0) throw new Error('it answers, and has no broker to send clients to yet')
    return brokers
  } finally {
    clearTimeout(late)
    socket.destroy()
  }
}

/** One question after the other: each waits for the answer that bears its number. */
function asker(socket: Socket): <Answer>(question: Question<Answer>) => Promise<Answer> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let read = Buffer.alloc(0)
  let number = 0
  const take = async (length: number): Promise<Buffer> => {
    while (read.length < length) {
      const { done, value } = await chunks.next()
      if (done) throw new Error('it ended the connection')
      read = Buffer.concat([read, value])
    }
    const taken = read.subarray(0, length)
    read = read.subarray(length)
    return taken
  }
  return async (question) => {
    number += 1
    socket.write(frame(question, number))
    const length = (await take(4)).readInt32BE()
    if (length < 4 || length > ANSWER_BYTES_MAX) throw new Error(`an answer of ${length} bytes: this is no Kafka`)
    const answer = new Reader(await take(length))
    if (answer.int32() !== number) throw new Error('an answer to another question: this is no Kafka')
    return question.read(answer)
  }
}
