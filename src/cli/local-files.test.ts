import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { ownName } from '../deploy/targets/docker/names.ts'
import { mustHaveFiles } from './local-files.ts'
import type { Project } from './project.ts'

test('files of control that are on an engine are not taken for none, and the way to them is named', () => {
  const { config } = dockerRelease({ api: { start: 'node api.js' } })
  const name = ownName({ app: config.name, environment: config.environment })
  assert.throws(() => mustHaveFiles({ app: config } as Project, 'audit-trail'), {
    code: 'target.not-yet',
    hint: `\`docker cp ${name}:/var/lib/seaworthy FOLDER\` brings them here, also while it runs.`,
  })
  mustHaveFiles({ app: { ...config, target: 'process' } } as Project, 'audit-trail')
})
