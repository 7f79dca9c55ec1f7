import type { ResolvedApp } from '../../config/resolved.ts'
import type { ControlClient } from '../../control/api/client.ts'
import { readFiles } from '../../control/certificates/files.ts'
import { Problem } from '../../core/problem.ts'
import { whoAmI } from '../lease.ts'

/**
 * Brings the pair that `gateway.tls.files` names to a control that is on another machine. Says why the files could not be
 * read, where they could not: control may have the pair from before, or from another machine.
 * @param config whose pair it is to be
 * @param here names the files: a release that another checkout has deployed has the paths of that one
 * @throws Problem `tls.certificate-refused`
 */
export async function bringCertificate(
  config: ResolvedApp,
  control: ControlClient,
  here: ResolvedApp = config,
): Promise<Problem | null> {
  const source = config.gateway.tls?.source
  const files = here.gateway.tls?.source
  if (config.target === 'process' || source?.kind !== 'files' || files?.kind !== 'files') return null
  const { cert, key } = source
  try {
    const pair = readFiles(files)
    await control.call('certificate.put', { source: { cert, key }, domain: config.domain, ...pair, by: whoAmI() })
    return null
  } catch (error) {
    if (error instanceof Problem && error.code === UNREADABLE) return error
    throw error
  }
}

/** Of two sentences about the same lack, the one of who has looked for the files. */
export function better(error: unknown, unread: Problem | null): unknown {
  return unread !== null && error instanceof Problem && error.code === UNREADABLE ? unread : error
}

const UNREADABLE = 'tls.certificate-unreadable'
