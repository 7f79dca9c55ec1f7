import { after } from 'node:test'
import { PrometheusQuery } from '../../src/observe/prometheus/query.ts'
import { contractReadings, seriesContract } from '../contract/series.ts'
import { hasPrometheus, startPrometheus, type PrometheusServer } from '../support/prometheus-server.ts'

let server: PrometheusServer | null = null
after(async () => server?.[Symbol.asyncDispose]())

seriesContract(
  'a Prometheus',
  async () => {
    server = await startPrometheus(contractReadings())
    return new PrometheusQuery({ url: server.url, now: Date.now })
  },
  { skip: hasPrometheus ? false : 'Prometheus is not installed' },
)
