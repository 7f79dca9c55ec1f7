import { unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import type { Door } from './connection.ts'
import type { FromWorker } from './protocol.ts'

/** Where the workers of this machine come in. A stale socket is replaced. */
export function unixDoor(path: string): Door {
  const sockets = new Set<Socket>()
  let server: Server | null = null
  return {
    open(meet) {
      server = createServer((socket) => {
        sockets.add(socket)
        socket.on('error', () => {})
        const meeting = meet({
          gateway: '',
          send: (message) => void (socket.writable && socket.write(toJsonLine(message))),
          destroy: () => void socket.destroy(),
        })
        socket.once('close', () => {
          sockets.delete(socket)
          meeting.onClosed()
        })
        readJsonLines(socket, (value) => meeting.onMessage(value as FromWorker))
      })
      return listen(server, path)
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        if (server === null) resolve()
        else server.close(() => resolve())
      }),
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    try {
      unlinkSync(path)
    } catch {
      // There was none.
    }
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
