import { TestProject } from './project.ts'

/** A project whose commands all see the same variables, the last one too: which engine they speak to. */
export class EngineProject extends TestProject {
  variables: Readonly<Record<string, string>> = {}

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return super.start(args, { ...this.variables, ...env })
  }
}
