/** What this version cannot run is refused by every command that would have to run it, and nothing is left behind. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

const ENVIRONMENTS = {
  docker: { target: 'docker', host: 'ssh://deploy@staging.example.com' },
  kubernetes: { target: 'kubernetes', context: 'prod' },
}
const COMMANDS = [
  ['up'],
  ['plan'],
  ['deploy'],
  ['deploy', '--dry-run'],
  ['rollback'],
  ['status'],
  ['restart'],
  ['stop'],
  ['pause'],
  ['resume'],
]

test('an environment on Docker or Kubernetes is refused, whatever is asked of it', async () => {
  await using project = new TestProject({ ...plainConfig(), environments: ENVIRONMENTS })
  const asked = Object.keys(ENVIRONMENTS).flatMap((environment) =>
    COMMANDS.map(([verb, ...flags]) => [verb!, environment, ...flags]),
  )
  const seen: unknown[] = []
  for (const words of asked) {
    const { code, stderr } = await project.run(words)
    seen.push([words.join(' '), code, /\[([a-z.-]+)\]/.exec(stderr)?.[1]])
  }
  assert.deepEqual(
    seen,
    asked.map((words) => [words.join(' '), 2, 'target.not-yet']),
  )
  assert.equal(existsSync(join(project.folder, '.seaworthy')), false)
})
