/** A mail server that keeps what it gets: a process of its own would be no more real, its sockets are. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'

export interface SinkOptions {
  /** Offered in this order. @default [] */
  readonly auth?: readonly ('PLAIN' | 'LOGIN')[]
  readonly login?: { readonly user: string; readonly password: string }
  /** Certificate and key: STARTTLS is offered, and required before a login. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** What it answers to a command instead of doing it; null: nothing at all. */
  readonly instead?: (command: string) => string | null | undefined
}

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly raw: string
  readonly secure: boolean
  readonly atMs: number
}

export async function startSmtpSink(options: SinkOptions = {}) {
  const mails: ReceivedMail[] = []
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('220 sink ESMTP\r\n')
    serve(socket, false)
  })

  function serve(socket: Socket, secure: boolean): void {
    let text = ''
    let envelope = { from: '', to: [] as string[] }
    let isData = false
    let awaits: 'user' | 'password' | null = null
    let given = ''
    const say = (line: string): void => void socket.write(`${line}\r\n`)
    const checkLogin = (user: string, password: string): void =>
      say(user === options.login?.user && password === options.login.password ? '235 welcome' : '535 no')
    const onLine = (line: string): void => {
      commands.push(line)
      const instead = options.instead?.(line)
      if (instead === null) return
      if (instead !== undefined) return say(instead)
      if (awaits === 'user') {
        given = Buffer.from(line, 'base64').toString()
        awaits = 'password'
        return say('334 UGFzc3dvcmQ6')
      }
      if (awaits === 'password') {
        awaits = null
        return checkLogin(given, Buffer.from(line, 'base64').toString())
      }
      const verb = line.split(' ')[0]!.toUpperCase()
      if (verb === 'EHLO') {
        const offers = [
          'sink',
          'SIZE 1000000',
          ...(options.tls !== undefined && !secure ? ['STARTTLS'] : []),
          ...(options.auth === undefined || (options.tls !== undefined && !secure)
            ? []
            : [`AUTH ${options.auth.join(' ')}`]),
        ]
        return offers.forEach((offer, index) => say(`250${index === offers.length - 1 ? ' ' : '-'}${offer}`))
      }
      if (verb === 'STARTTLS' && options.tls !== undefined) {
        say('220 go')
        socket.removeListener('data', onChunk)
        const above = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(options.tls) })
        above.on('error', () => {})
        return serve(above, true)
      }
      if (verb === 'AUTH') {
        const [, mechanism, first] = line.split(' ')
        if (mechanism === 'LOGIN') {
          awaits = 'user'
          return say('334 VXNlcm5hbWU6')
        }
        const [, user = '', password = ''] = Buffer.from(first ?? '', 'base64')
          .toString()
          .split('\0')
        return checkLogin(user, password)
      }
      const address = /<(.*)>/.exec(line)?.[1] ?? ''
      if (verb === 'MAIL') envelope = { from: address, to: [] }
      if (verb === 'RCPT') envelope.to.push(address)
      if (verb === 'DATA') {
        isData = true
        return say('354 go')
      }
      say(verb === 'QUIT' ? '221 bye' : '250 ok')
      if (verb === 'QUIT') socket.end()
    }
    const onChunk = (chunk: Buffer): void => {
      text += chunk.toString()
      for (;;) {
        const end = isData ? text.indexOf('\r\n.\r\n') : text.indexOf('\r\n')
        if (end < 0) return
        const part = text.slice(0, end)
        text = text.slice(end + (isData ? 5 : 2))
        if (isData) {
          isData = false
          mails.push({ ...envelope, ...parseMail(part.replaceAll(/^\.\./gm, '.')), secure, atMs: Date.now() })
          say('250 taken')
        } else onLine(part)
      }
    }
    socket.on('data', onChunk)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    mails,
    commands,
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parseMail(raw: string): Pick<ReceivedMail, 'headers' | 'text' | 'raw'> {
  const [head = '', ...body] = raw.split('\r\n\r\n')
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => /^([^:]+): (.*)$/.exec(line)!.slice(1) as [string, string]))
  const decode = (text: string): string =>
    text.replaceAll(/=\?utf-8\?B\?([^?]*)\?=\s?/g, (_, encoded: string) => Buffer.from(encoded, 'base64').toString())
  const text = Buffer.from(body.join('\r\n\r\n'), 'base64').toString()
  return { headers: { ...headers, Subject: decode(headers['Subject'] ?? '') }, text, raw }
}
