/** Two copies of a project on one machine: their instances bear the same ids, and are nobody's but their own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

void test('stopping an environment leaves the instances of another copy of the project alone', async () => {
  await using one = new TestProject(plainConfig())
  await using other = new TestProject(plainConfig())
  await Promise.all([one.must(['up', '--detach']), other.must(['up', '--detach'])])
  const [mine] = (await one.status()).instances
  const [theirs] = (await other.status()).instances
  assert.equal(mine!.id, theirs!.id)
  await one.must(['stop'])
  const [after] = (await other.status()).instances
  assert.deepEqual([after!.pid, after!.restarts], [theirs!.pid, 0])
  assert.equal((await fetch(`http://127.0.0.1:${await other.port()}/`)).status, 200)
})
