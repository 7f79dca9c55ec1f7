/** What an idle kept-alive connection costs in memory. */
import { connect, type Socket } from 'node:net'
import { residentBytes } from './machine.ts'
import type { Running } from './place.ts'

/** Opened at once; more would meet the accept queue's end. */
const BATCH = 200

/** Opens connections, asks once on each, leaves them open and says how much the target has grown, in bytes for each. */
export async function bytesPerIdleConnection(target: Running, connections: number): Promise<number> {
  const open: Socket[] = []
  try {
    // What the first requests cost for ever is none of the connections' cost.
    open.push(...(await Promise.all(Array.from({ length: BATCH }, () => askOnce(target.url)))))
    const before = residentBytes(target.pids)
    for (let made = 0; made < connections; made += BATCH) {
      open.push(...(await Promise.all(Array.from({ length: BATCH }, () => askOnce(target.url)))))
    }
    return (residentBytes(target.pids) - before) / connections
  } finally {
    for (const socket of open) socket.destroy()
  }
}

function askOnce(url: string): Promise<Socket> {
  const { port, hostname, host } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname })
    let text = ''
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (text.endsWith('"}')) resolve(socket)
    })
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  })
}
