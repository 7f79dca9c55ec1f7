import type { Context, Stage } from '../../context.ts'
import { fieldOf, plainAnswer } from '../../exchange.ts'
import type { Answer, Exchange } from '../../exchange.ts'
import { isLogin } from '../../logins.ts'
import { tellsMethod } from './method-override.ts'
import { readAhead } from './read-ahead.ts'

/** A form of people's making is far smaller; what is larger goes on as it comes, and nobody looks for an account in it. */
const FORM_BYTES_MAX = 128 * 1024
const FORM = /^\s*(?:application\/(?:[\w.+-]*json|x-www-form-urlencoded)|multipart\/form-data)\b/i

/**
 * Waits for a form that comes in a packet of its own, where somebody looks into it: at a login, and where methods are protected. The
 * inspection has done so unless threats are off here.
 */
export const awaitForm: Stage = (exchange, context) => {
  const { body, bodyFilter, head } = exchange
  if (!body.present || body.ready !== null || bodyFilter !== null || head.websocket) return null
  if ((body.length ?? 0) > FORM_BYTES_MAX || !FORM.test(fieldOf(head, 'content-type') ?? '')) return null
  return isLogin(exchange, context) || tellsMethod(exchange, context) ? read(exchange, context) : null
}

async function read(exchange: Exchange, context: Context): Promise<Answer | null> {
  const { requestMs } = context.routing.current!.table.timeouts
  const read = await readAhead(exchange, { bytesMax: FORM_BYTES_MAX, withinMs: requestMs })
  if (read.kind === 'gone') return plainAnswer(499, 'The client has left.')
  if (read.kind === 'slow') return plainAnswer(408, 'The request took too long to arrive.')
  exchange.body = read.body
  return null
}
