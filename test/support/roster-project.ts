import { join } from 'node:path'
import type { Instance } from '../../src/deploy/release.ts'
import { NodeEngine } from './node-engine.ts'
import { root, TestProject } from './project.ts'

/** A project whose instances control does not keep; the commands are those of roster-cli.ts. */
export class RosterProject extends TestProject {
  override program = join(root, 'test/support/roster-cli.ts')

  /** What the engine has, whether control knows of it or not. */
  engine(): readonly Instance[] {
    return new NodeEngine(join(this.stateFolder, 'engine')).list()
  }
}
