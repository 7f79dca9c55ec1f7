import { join } from 'node:path'

/**
 * Where Node keeps what it has compiled of our programs: a gateway worker then starts with 100 ms of CPU instead of 350 ms
 * (measured, Node 24.21). In the state folder, which its owner alone can write: what lies there is run. One file for each source.
 */
export function compileCacheIn(stateFolder: string): { readonly NODE_COMPILE_CACHE: string } {
  return { NODE_COMPILE_CACHE: join(stateFolder, 'compile-cache') }
}
