import { execFileSync } from 'node:child_process'
import { NODE_BASE } from './docker-engine.ts'

function docker(...words: readonly string[]): string {
  return execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

/** Images that were made for one app on the engine which the cluster's nodes run; disposing it removes them. */
export class AppImages implements Disposable {
  readonly #app: string

  constructor(app: string) {
    this.#app = app
  }

  /** All that were ever made, with a name or without. */
  ids(): readonly string[] {
    return this.#list('--all')
  }

  /** Another image has each of their names from now on. */
  takeNames(): void {
    for (const name of this.#names()) docker('tag', NODE_BASE, name)
  }

  [Symbol.dispose](): void {
    for (const name of this.#names()) docker('image', 'rm', '--force', name)
    // With each go those that it was made of.
    for (const id of this.#list()) docker('image', 'rm', '--force', id)
  }

  #list(...more: readonly string[]): readonly string[] {
    const words = ['image', 'ls', ...more, '--quiet', '--no-trunc', '--filter', `label=seaworthy.app=${this.#app}`]
    return [...new Set(docker(...words).split('\n'))].filter((id) => id !== '').toSorted()
  }

  #names(): readonly string[] {
    const format = '{{.Repository}}:{{.Tag}}'
    return docker('image', 'ls', '--format', format, `seaworthy/${this.#app}/*`)
      .split('\n')
      .filter((name) => name !== '' && !name.endsWith(':<none>'))
  }
}
