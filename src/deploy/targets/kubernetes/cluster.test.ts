import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, OLD_CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { clusterOf } from './cluster.ts'

const OLD = ['apps/v1', 'autoscaling/v1', 'autoscaling/v2beta1', 'autoscaling/v2beta2', 'policy/v1beta1', 'v1']
const NEW = ['apps/v1', 'autoscaling/v1', 'autoscaling/v2', 'policy/v1', 'v1']
const version = (minor: string): string => JSON.stringify({ serverVersion: { major: '1', minor } })

function of(served: readonly string[], minor: string): ReturnType<typeof clusterOf> {
  return clusterOf(`${served.join('\n')}\n`, version(minor))
}

test('objects go in the version that the cluster serves, the newer first', () => {
  assert.deepEqual(of(OLD, '20'), OLD_CLUSTER)
  assert.deepEqual(of([...NEW, 'gateway.networking.k8s.io/v1'], '32'), CLUSTER)
  // 1.21 to 1.24 serve both.
  const both = of([...OLD, ...NEW], '24')
  assert.deepEqual([both.disruptionBudget, both.autoscaler], ['policy/v1', 'autoscaling/v2'])
  assert.equal(of([...NEW, 'gateway.networking.k8s.io/v1beta1'], '32').route, 'gateway.networking.k8s.io/v1beta1')
})

test('a field that older servers do not know waits for the version that has it', () => {
  const fields = (minor: string): readonly boolean[] => {
    const { canSleep, evictsUnready } = of(NEW, minor)
    return [evictsUnready, canSleep]
  }
  assert.deepEqual(fields('26'), [false, false])
  assert.deepEqual(fields('27'), [true, false])
  assert.deepEqual(fields('29+'), [true, false])
  assert.deepEqual(fields('30+'), [true, true])
})

test('a cluster that lacks what everything stands on is refused, with what it lacks', () => {
  const because = (served: readonly string[], minor: string): string => {
    try {
      of(served, minor)
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.match(because(OLD, '19'), /version 1\.19/)
  assert.match(because(['autoscaling/v2'], '30'), /policy\/v1/)
  assert.match(because(['policy/v1', 'autoscaling/v1'], '30'), /autoscaling\/v2/)
  // A part of a name is not the name.
  assert.match(because(['policy/v1alpha1', 'autoscaling/v2'], '30'), /policy\/v1/)
})

test('kubectl that tells of itself alone has reached no cluster', () => {
  assert.throws(() => clusterOf(NEW.join('\n'), JSON.stringify({ clientVersion: { minor: '32' } })), /no server/)
})
