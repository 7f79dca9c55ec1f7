import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  listJobEvents,
  listJobPods,
  listJobs,
  listSteps,
  readJob,
  readOwner,
  removeSteps,
} from './migration-commands.ts'

const PLACE = { app: 'shop', environment: 'production' }
const HERE = { context: null, namespace: 'shop' }

test('the commands, word by word', () => {
  const labels = 'seaworthy.app=shop,seaworthy.environment=production,seaworthy.migration'
  const json = ['--output', 'json']
  const events = 'involvedObject.kind=Job,involvedObject.name=m-1'
  const commands = [
    listSteps(HERE, PLACE),
    listJobs(HERE, PLACE),
    readOwner(HERE, 'm-1'),
    readJob(HERE, 'm-1'),
    listJobPods(HERE, 'm-1'),
    listJobEvents(HERE, 'm-1'),
    removeSteps(HERE, ['m-1', 'm-2']),
  ]
  assert.deepEqual(
    commands.map(({ argv }) => argv.slice(3)),
    [
      ['get', 'configmaps', '--selector', labels, ...json],
      ['get', 'jobs', '--selector', labels, ...json],
      ['get', 'configmaps', 'm-1', '--ignore-not-found', '--output', 'jsonpath={.metadata.uid}'],
      ['get', 'jobs', 'm-1', '--ignore-not-found', ...json],
      ['get', 'pods', '--selector', 'job-name=m-1', ...json],
      ['get', 'events', '--field-selector', events, ...json],
      ['delete', 'configmaps', 'm-1', 'm-2', '--ignore-not-found', '--wait=false'],
    ],
  )
})
