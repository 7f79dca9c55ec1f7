import { readFileSync } from 'node:fs'

/**
 * How long this process's first thread has been ready to run while others ran, in milliseconds since it began (Linux,
 * `schedstat`). What a machine that others use has cost, apart from what was done here; 0 where the kernel does not say.
 */
export function waitedMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
