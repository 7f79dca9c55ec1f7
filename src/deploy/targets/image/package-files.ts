import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, type LayerEntry } from './layer.ts'

/** Of our own: types, tests. */
export const OURS_NOT_RUN = /\.d\.ts$|\.map$|\.test\.[jt]s$/
/** Of packages: nothing at run time reads these. Node runs no TypeScript below `node_modules`; what is minified is for browsers. */
export const PACKAGES_NOT_RUN = /\.[cm]?ts$|\.map$|\.md$|\.(?:test|min)\.[cm]?js$/

/** The files of a folder that a program may read while it runs, without the packages in it and without hidden ones. */
export function packageFiles(folder: string, place: string, notRun: RegExp): readonly LayerEntry[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): readonly LayerEntry[] => {
    const { name } = entry
    const [from, path] = [join(folder, name), `${place}/${name}`]
    if (name.startsWith('.') || notRun.test(name)) return []
    if (entry.isDirectory()) return name === 'node_modules' ? [] : packageFiles(from, path, notRun)
    return entry.isFile() ? [fileEntry(from, path)] : []
  })
}

export function fileEntry(from: string, path: string): LayerEntry {
  return { path, kind: 'copy', from, size: statSync(from).size, mode: 0o644, owner: ROOT }
}
