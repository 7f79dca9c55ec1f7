/** What this version cannot run is refused by every command that would have to run it, and nothing is left behind. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

const ENVIRONMENTS = {
  docker: { target: 'docker', host: 'ssh://deploy@staging.example.com', hooks: { after: 'true' } },
  kubernetes: { target: 'kubernetes', context: 'prod', hooks: { after: 'true' } },
}
/** `up` last: it stays in front of what it has begun. */
const COMMANDS = [
  ['plan'],
  ['deploy'],
  ['deploy', '--dry-run'],
  ['rollback'],
  ['status'],
  ['restart'],
  ['stop'],
  ['pause'],
  ['resume'],
  ['up'],
]

test('an environment on Docker or Kubernetes that wants too much is refused, whatever is asked of it', async () => {
  await using project = new TestProject({ ...plainConfig(), environments: ENVIRONMENTS })
  for (const environment of Object.keys(ENVIRONMENTS)) {
    for (const [verb, ...flags] of COMMANDS) {
      const words = [verb!, environment, ...flags]
      const { code, stderr } = await project.run(words)
      // The first that is not refused ends it: the next ones would wait for what it has begun.
      assert.deepEqual([code, /\[([a-z.-]+)\]/.exec(stderr)?.[1]], [2, 'target.not-yet'], words.join(' '))
    }
  }
  assert.equal(existsSync(join(project.folder, '.seaworthy')), false)
})
