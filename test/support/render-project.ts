import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { TestProject } from './project.ts'

const DIGEST = `sha256:${'c'.repeat(64)}`

/** Two environments on Kubernetes that differ, and one elsewhere. */
export const RENDER_CONFIG = {
  name: 'shop',
  services: {
    api: { start: 'node plain.mjs', routes: ['/'], secrets: ['JWT_KEY'], env: { LEVEL: 'info', LINES: 'a\nb: "c"\n' } },
    proxy: { image: `registry.example.com/proxy@${DIGEST}`, routes: ['/proxy'] },
  },
  environments: {
    box: { target: 'docker' },
    staging: {
      target: 'kubernetes',
      context: 'c',
      namespace: 'staging',
      overrides: { services: { api: { env: { LEVEL: 'debug' } } } },
    },
    production: {
      target: 'kubernetes',
      context: 'c',
      overrides: { services: { api: { scale: { min: 3, max: 9, cpu: '70%' } } } },
    },
  },
}

export interface RenderReport {
  readonly folder: string
  readonly written: boolean
  readonly plan: Readonly<
    Record<'missing' | 'outdated' | 'changedByHand' | 'unchanged' | 'leftOver', readonly string[]>
  >
  readonly kept: readonly string[]
  readonly environments: readonly {
    readonly environment: string
    readonly release: string
    readonly images: readonly { readonly reference: string; readonly isMade: boolean }[]
    readonly secrets: readonly { readonly name: string; readonly keys: readonly string[] }[]
  }[]
}

/** `seaworthy deploy … --render deploy --json`, which has to end well. */
export async function rendered(project: TestProject, ...args: readonly string[]): Promise<RenderReport> {
  const { stdout } = await project.must(['deploy', ...args, '--render', 'deploy', '--json'])
  return JSON.parse(stdout) as RenderReport
}

/** The documents of a file below a folder, as `kustomized` asks for them. */
export function documentsBelow(folder: string): (path: string) => readonly object[] {
  return (path) =>
    parseAllDocuments(readFileSync(join(folder, path), 'utf8')).map((document) => document.toJS() as object)
}
