import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './project.ts'

/** A copy of the product whose files a test may change, as an update on disk does. Disposing it removes it. */
export interface Installation extends Disposable {
  readonly folder: string
  /** What `TestProject` runs in place of our own. */
  readonly program: string
}

export function copyInstallation(): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-installation-'))
  for (const name of ['bin', 'src', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    program: join(folder, 'bin/seaworthy.js'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
