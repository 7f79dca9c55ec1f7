import type { Handlers } from '../api/server.ts'
import type { TraceMethods } from '../api/traces-methods.ts'
import type { Control } from '../control.ts'

export function traceHandlers({ logs }: Pick<Control, 'logs'>): Pick<Handlers, keyof TraceMethods> {
  return {
    'traces.list': (query) => logs.call('traces', query),
    'traces.get': ({ id }) => logs.call('trace', { id }),
  }
}
