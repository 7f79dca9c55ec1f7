import { readFileSync, statSync } from 'node:fs'
import { messageOf, Problem } from '../../core/problem.ts'
import type { Pair } from './pair.ts'

/** A larger file is no certificate and no key. */
const FILE_BYTES_MAX = 1024 * 1024

/**
 * Reads the files a config names. What is written right now may be half there: the next look finds it whole.
 * @throws Problem `tls.certificate-unreadable`
 */
export function readFiles({ cert, key }: { readonly cert: string; readonly key: string }): Pair {
  return { key: read(key), chain: read(cert) }
}

function read(path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX} bytes`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Problem('tls.certificate-unreadable', `${path} cannot be read: ${messageOf(error)}`, {
      hint: 'It must be there, and readable for whoever runs Seaworthy: see gateway.tls.files.',
    })
  }
}
