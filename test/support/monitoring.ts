import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesOf, type Artefact } from '../../src/artefacts/family.ts'
import { monitoring } from '../../src/artefacts/monitoring/family.ts'
import { checkConfig, loadConfig, resolveEnvironment, type ResolvedApp } from '../../src/config/index.ts'
import { root } from './project.ts'

/** Apps whose monitoring is generated in tests: two fixtures, and every example. */
export const APPS = ['test/fixtures/monitoring/minimal', 'test/fixtures/monitoring/maximal', 'examples/opinion-market']

export async function appAt(path: string): Promise<ResolvedApp> {
  const { raw, file } = await loadConfig(join(root, path))
  return resolveEnvironment(checkConfig(raw, file), 'local')
}

/** Writes what would be generated for an app; returns it. */
export function generateInto(folder: string, app: ResolvedApp): readonly Artefact[] {
  for (const [path, text] of filesOf([monitoring], app, 'seaworthy 0.0.0')) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return monitoring.files(app)
}
