import assert from 'node:assert/strict'
import type { ControlClient } from '../../src/control/api/client.ts'
import { readMetrics, type ReadSample } from '../../src/core/openmetrics/read.ts'
import { seriesKey } from '../../src/core/series/labels.ts'

/** What control shows at the moment, as a scraper sees it. */
export class Scrape {
  readonly text: string
  readonly samples: readonly ReadSample[]

  constructor(text: string) {
    this.text = text
    const read = readMetrics(text, 100_000)
    assert.ok(read !== null, text)
    this.samples = read.samples
  }

  /** The values of a metric's series that have these labels. */
  values(metric: string, labels: Readonly<Record<string, string>> = {}): readonly number[] {
    return this.samples
      .filter(
        (one) => one.metric === metric && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
      )
      .map(({ value }) => value)
  }

  sum(metric: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.values(metric, labels).reduce((total, value) => total + value, 0)
  }

  /** Keys of the series that name an instance. */
  naming(instance: string): readonly string[] {
    const own = this.samples.filter(({ labels }) => Object.values(labels).includes(instance))
    return own.map(({ metric, labels }) => seriesKey(metric, labels))
  }
}

export async function scrape(
  control: ControlClient,
  accept = 'application/openmetrics-text;version=1.0.0',
): Promise<Scrape> {
  const { metricsPort } = await control.call('status', {})
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { headers: { accept } })
  assert.equal(response.status, 200)
  return new Scrape(await response.text())
}
