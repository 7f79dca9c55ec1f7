import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { TARGETS } from '../config/resolved.ts'
import type { ControlClient } from '../control/api/client.ts'
import { DockerTarget } from '../deploy/targets/docker/target.ts'
import { KubernetesTarget } from '../deploy/targets/kubernetes/target.ts'
import { ProcessTarget } from '../deploy/targets/process/target.ts'
import type { Project } from './project.ts'
import { targetOf } from './targets.ts'

test('a command gets the target that its environment names: never another one', () => {
  const { config } = dockerRelease({ api: { start: 'node x', routes: ['/'] } })
  const control = {} as ControlClient
  const made = TARGETS.map((target) => {
    const project = {
      app: { ...config, target },
      checked: { app: { environments: { [config.environment]: {} } } },
      folder: '/',
      stateFolder: '/',
      keptOut: [],
      hosts: [],
    } as unknown as Project
    return targetOf(project, control, null, 0).constructor
  })
  assert.deepEqual(made, [ProcessTarget, DockerTarget, KubernetesTarget])
})
