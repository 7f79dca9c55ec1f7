/**
 * What this version cannot run is refused by every command that would have to run it, and nothing is left behind. What runs by
 * an earlier config can still be looked at and stopped: those commands ask the target, and never the config.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

const wanted = { overrides: { gateway: { listen: { http: 0 } } } }
const ENVIRONMENTS = {
  docker: { target: 'docker', host: 'ssh://deploy@staging.example.com', ...wanted },
  kubernetes: { target: 'kubernetes', context: 'prod', ...wanted },
}
/** `up` last: it stays in front of what it has begun. */
const COMMANDS = [
  ['plan'],
  ['deploy'],
  ['deploy', '--dry-run'],
  ['rollback'],
  ['restart'],
  ['pause'],
  ['resume'],
  ['up'],
]
const LOOKS = [['status'], ['logs'], ['audit-trail'], ['stop'], ['stop', '--service', 'api']]

test('an environment on Docker or Kubernetes that wants too much is refused, whatever is to be changed by it', async () => {
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

test('what runs there is asked for all the same', async () => {
  await using project = new TestProject({ ...plainConfig(), environments: ENVIRONMENTS })
  using tools = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-tools-'))
  // Out of reach, as the hosts of an example are; that they were asked is what counts.
  const tool = '#!/bin/sh\necho "${0##*/} $*" >> "${0%/*}/asked"\necho out of reach >&2\nexit 1\n'
  for (const name of ['docker', 'kubectl']) writeFileSync(join(tools.path, name), tool, { mode: 0o755 })
  const asked = join(tools.path, 'asked')
  for (const [environment, means] of [
    ['docker', 'docker --host ssh://deploy@staging.example.com '],
    ['kubernetes', 'kubectl --context prod '],
  ] as const) {
    for (const [verb, ...flags] of LOOKS) {
      writeFileSync(asked, '')
      const words = [verb!, environment, ...flags]
      const { code, stderr } = await project.run(words, { PATH: `${tools.path}:${process.env['PATH']}` })
      assert.notEqual(code, 0, words.join(' '))
      assert.doesNotMatch(stderr, /target\.not-yet/, words.join(' '))
      assert.ok(
        readFileSync(asked, 'utf8').startsWith(means),
        `${words.join(' ')}:\n${readFileSync(asked, 'utf8')}${stderr}`,
      )
    }
  }
})
