import type { LogMethods } from '../api/logs-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { countOf } from './tools.ts'

export function logHandlers({ logs }: Pick<Control, 'logs'>): Pick<Handlers, keyof LogMethods> {
  return {
    'logs.search': ({ query, limit = 200, before = null }) => logs.call('search', { query, limit, before }),
    'logs.follow': (ask) => logs.call('follow', ask),
    'logs.around': ({ id, count }) => logs.call('around', { id, count: Math.max(countOf(count, 200), 1) }),
    'logs.stats': () => logs.call('stats', {}),
  }
}
