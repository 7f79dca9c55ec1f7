import type { Logger } from '../../core/logger.ts'
import { Problem } from '../../core/problem.ts'
import type { Handlers } from '../api/server.ts'
import type { Leases } from '../lease.ts'
import { RECORDED, type Told } from './recorded.ts'
import type { AuditTrail } from './trail.ts'

export interface AuditedOptions {
  readonly trail: Pick<AuditTrail, 'record'>
  readonly leases: Pick<Leases, 'look'>
  readonly logger: Logger
  /** Called when a recorded method has ended, whatever came of it. */
  readonly onRecorded: () => void
}

type Handle = (input: unknown) => unknown
type AnyDescribe = (input: unknown, ok: boolean) => Told | null

/** The handlers, with a record in the audit trail for every call of a method that changes something. */
export function audited(handlers: Handlers, { trail, leases, logger, onRecorded }: AuditedOptions): Handlers {
  const describes = RECORDED as unknown as Readonly<Record<string, AnyDescribe>>
  const wrap = (method: string, handle: Handle): Handle =>
    async function recorded(input) {
      const holder = leases.look()?.holder ?? null
      try {
        const output = await handle(input)
        write(method, describes[method]!(input, true), holder, 'done')
        return output
      } catch (error) {
        const code = error instanceof Problem ? error.code : 'api.failed'
        write(method, describeRefused(method, input), holder, `refused: ${code}`)
        throw error
      }
    }

  function write(what: string, told: Told | null, holder: string | null, outcome: string): void {
    try {
      if (told !== null) trail.record({ who: told.who ?? holder ?? 'unknown', what, subject: told.subject, outcome })
      onRecorded()
    } catch (error) {
      // What was done is done: the caller must not take it for undone because the disk is full.
      logger.error('the audit trail could not be written', { method: what, error: String(error) })
    }
  }

  /** A call that was refused may lack anything. */
  function describeRefused(method: string, input: unknown): Told | null {
    try {
      return describes[method]!(input, false)
    } catch {
      return { who: null, subject: {} }
    }
  }

  const entries = Object.entries(handlers as unknown as Readonly<Record<string, Handle>>)
  const wrapped = entries.map(([method, handle]) => [
    method,
    Object.hasOwn(describes, method) ? wrap(method, handle) : handle,
  ])
  return Object.fromEntries(wrapped) as Handlers
}
