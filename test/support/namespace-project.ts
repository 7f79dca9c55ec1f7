import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NODE_BASE, nodeArchive } from './docker-engine.ts'
import { Namespace } from './namespace.ts'
import { TestProject } from './project.ts'

export interface NamespaceProjectOptions {
  /** Of the config: the config names the namespace. */
  readonly configOf: (namespace: string) => object
  readonly files: Readonly<Record<string, string>>
  /** The name that its objects begin with: app and environment. */
  readonly place: string
}

/** A project whose commands speak to a real cluster, in a namespace of its own; disposing it takes all of it away. */
export class NamespaceProject extends TestProject {
  readonly namespace: string
  /** Secrets of its commands, the last one too. */
  variables: Readonly<Record<string, string>> = {}
  readonly #at: Namespace

  constructor({ configOf, files, place }: NamespaceProjectOptions) {
    const at = new Namespace(place)
    super(configOf(at.name), {}, '.seaworthy/production')
    this.namespace = at.name
    this.#at = at
    for (const [path, text] of Object.entries(files)) this.write(path, text)
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return super.start(args, { KUBECONFIG: process.env['KUBECONFIG'] ?? '', ...this.variables, ...env })
  }

  kubectl(...args: readonly string[]): string {
    return this.#at.kubectl(...args)
  }

  address(): string {
    return this.#at.address()
  }

  apply(...objects: readonly object[]): void {
    this.#at.apply(...objects)
  }

  makeNamespace(): void {
    this.#at.make()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.run(['stop', '--remove'])
    await super[Symbol.asyncDispose]()
    await this.#at[Symbol.asyncDispose]()
  }
}

/** Gives the node's engine what generated Dockerfiles begin with, where it has none. */
export function importNodeBase(): void {
  if (execFileSync('docker', ['image', 'ls', '--quiet', NODE_BASE], { encoding: 'utf8' }) !== '') return
  using base = nodeArchive()
  execFileSync('docker', ['import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE], { stdio: 'ignore' })
}
