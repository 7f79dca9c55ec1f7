/**
 * A machine that really runs out of things, one environment looking on: CPU, memory, swap, open files, and devices that
 * drop and fail. Nothing else runs beside it (test/run.ts). Windows and waits are a fifth of what they are, thresholds as they are.
 */
import assert from 'node:assert/strict'
import { cpus, loadavg } from 'node:os'
import { test } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import {
  burnCpu,
  droppingDevice,
  failingDevice,
  openFiles,
  takeMemory,
  useSwap,
  type Fault,
} from '../support/host-faults.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const FACTOR = '0.2'

void test('a machine that runs out of CPU, memory, swap and files, and loses packets, is told of, and when it is over', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}`)
  const faults: Fault[] = []
  await using project = new TestProject(plainConfig())
  const devices = [droppingDevice(), failingDevice()]
  await using _over = {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(faults.map((fault) => fault.end()))
      for (const device of devices) device.remove()
    },
  }
  await project.must(['up', '--detach'], { SEAWORTHY_ALERT_WINDOWS: FACTOR })
  const alerts = watchAlerts(project, t)
  const light = ['HostCpuHigh', 'HostLoadHigh', 'HostSwapUsed', 'HostDescriptorsHigh']
  const network = ['NetworkDrops', 'NetworkErrors']
  const memory = ['HostMemoryHigh', 'HostMemoryCritical']
  // What ran before it is still in the load of the last minute.
  await until(() => loadavg()[0]! < cpus().length, 'a machine that rests', 240_000)
  await alerts.quiet([...light, ...network, ...memory])
  // What is usual is asked of the time before the last two minutes.
  const usual = { query: `seaworthy_host_network_drops_total{device="${devices[0]!.name}"} offset 2m`, at: null }
  const isUsualKnown = async () => (await project.control.call('series.query', usual)).values.length > 0
  await until(isUsualKnown, 'what is usual', 180_000)

  const since = Date.now()
  faults.push(await openFiles(0.85))
  const swap = await useSwap()
  assert.notEqual(swap, null, 'temporary files lie on a file system that can hold a swap')
  faults.push(swap!)
  for (const device of devices) faults.push(device.send())
  faults.push(await takeMemory(0.07))
  faults.push(burnCpu())
  await alerts.fires([...light, ...network, ...memory], since)
  assert.equal((await alerts.of('HostMemoryHigh'))?.held?.stage, 'inhibit', 'of both, the worse one is told')
  for (const device of devices) {
    const { alerts: all } = await project.control.call('alerts.list', {})
    assert.ok(
      all.some(({ labels, state }) => labels['device'] === device.name && state === 'firing'),
      device.name,
    )
  }

  const over = Date.now()
  await Promise.all(faults.splice(0).map((fault) => fault.end()))
  await alerts.ends([...light, ...network, ...memory], over)
})
