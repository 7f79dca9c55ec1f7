import { hostname } from 'node:os'
import type { Posted } from '../post.ts'
import { MailConnection, MailTrouble, type Reply } from './connection.ts'
import { isAddress, mailText, type Mail } from './mail.ts'
import { isLoopback, parseMailServer, type MailServer } from './server-url.ts'

export interface SendOptions {
  /** For the whole talk. */
  readonly timeoutMs: number
  /** Trusted besides the usual authorities. */
  readonly ca?: string
}

/**
 * Hands one mail to a server: EHLO, STARTTLS where it is offered, AUTH, MAIL, RCPT, DATA. Sent when the server took it for at
 * least one of those it is for. What is said of a failure holds neither the URL nor a password.
 */
export async function sendMail(url: string, mail: Omit<Mail, 'from'>, options: SendOptions): Promise<Posted> {
  const server = parseMailServer(url)
  if (server === null)
    return refused("what the secret holds is no mail server's URL, such as smtps://user:password@host")
  const wrong = [server.from, ...mail.to].find((address) => !isAddress(address))
  if (wrong !== undefined) return refused(`${JSON.stringify(wrong)} is no mail address`)
  try {
    return await talk(server, { ...mail, from: server.from }, options)
  } catch (error) {
    if (error instanceof MailTrouble) return { ok: false, final: error.final, because: error.message }
    if (error instanceof Error && error.name === 'TimeoutError')
      return { ok: false, final: false, because: `no answer within ${options.timeoutMs / 1000} s` }
    return { ok: false, final: false, because: (error as NodeJS.ErrnoException).code ?? 'it could not be reached' }
  }
}

async function talk(server: MailServer, mail: Mail, { timeoutMs, ca }: SendOptions): Promise<Posted> {
  using connection = await MailConnection.open(server, AbortSignal.timeout(timeoutMs), ca)
  expect(await connection.reply(), 220, 'greeting')
  let offers = await greet(connection)
  let isSecret = server.tls
  if (!isSecret && offers.has('STARTTLS')) {
    expect(await connection.command('STARTTLS'), 220, 'STARTTLS')
    await connection.startTls(server.host, ca)
    // What was offered in the clear may have been somebody else's offer.
    offers = await greet(connection)
    isSecret = true
  }
  if (server.login !== null) {
    if (!isSecret && !isLoopback(server.host))
      throw new MailTrouble('it offers no TLS, and a password is not sent in the clear', false)
    await logIn(connection, server.login, offers.get('AUTH') ?? '')
  }
  expect(await connection.command(`MAIL FROM:<${mail.from}>`), 250, 'MAIL FROM', true)
  const taken = await recipients(connection, mail.to)
  expect(await connection.command('DATA'), 354, 'DATA', true)
  // A line that is a dot alone would end the message: no header begins with one, and base64 has none.
  connection.write(mailText({ ...mail, to: taken }))
  expect(await connection.command('.'), 250, 'the message', true)
  connection.write('QUIT\r\n')
  return { ok: true }
}

/** What the server can do, by keyword. */
async function greet(connection: MailConnection): Promise<ReadonlyMap<string, string>> {
  const reply = expect(await connection.command(`EHLO ${hostname()}`), 250, 'EHLO')
  return new Map(
    reply.lines.slice(1).map((line): [string, string] => {
      const [keyword = '', ...rest] = line.split(/[ =]/)
      return [keyword.toUpperCase(), rest.join(' ').toUpperCase()]
    }),
  )
}

async function logIn(
  connection: MailConnection,
  { user, password }: { user: string; password: string },
  mechanisms: string,
): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const known = mechanisms.split(' ')
  if (known.includes('PLAIN')) {
    expect(await connection.command(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`), 235, 'the login')
    return
  }
  if (!known.includes('LOGIN')) throw new MailTrouble('it offers neither AUTH PLAIN nor AUTH LOGIN', false)
  expect(await connection.command('AUTH LOGIN'), 334, 'AUTH LOGIN')
  expect(await connection.command(base64(user)), 334, 'the user')
  expect(await connection.command(base64(password)), 235, 'the login')
}

/** Those the server takes it for; at least one. */
async function recipients(connection: MailConnection, to: readonly string[]): Promise<readonly string[]> {
  const taken: string[] = []
  let last: Reply | null = null
  for (const address of to) {
    last = await connection.command(`RCPT TO:<${address}>`)
    if (last.code === 250 || last.code === 251) taken.push(address)
  }
  if (taken.length === 0) expect(last!, 250, 'RCPT TO', true)
  return taken
}

/** A 5xx is final where it is about the message; one about the login may be mended by a new secret. */
function expect(reply: Reply, code: number, what: string, isAboutMail = false): Reply {
  if (reply.code === code) return reply
  throw new MailTrouble(`it answered ${reply.code} to ${what}`, isAboutMail && reply.code >= 500)
}

function refused(because: string): Posted {
  return { ok: false, final: true, because }
}
