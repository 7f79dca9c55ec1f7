import { Client } from 'pg'
import { createClient } from '@redis/client'
import type { NeedReport, NeedState } from '../../src/control/needs/report.ts'
import { until, type TestProject } from './project.ts'

/** Asks a PostgreSQL once, over a connection of its own. */
export async function query(url: string, sql: string, values: readonly unknown[] = []): Promise<readonly unknown[][]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 20_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text: sql, values: [...values], rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

/** Sends one command to a Redis, over a connection of its own. */
export async function command(url: string, ...words: [string, ...string[]]): Promise<unknown> {
  const client = createClient({ url, RESP: 2, socket: { connectTimeout: 5_000, reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}

/** A need as `seaworthy status` shows it. */
export async function needOf(project: TestProject, name: string): Promise<NeedReport> {
  const { needs } = await project.control.call('need.list', {})
  const found = needs.find(({ need }) => need === name)
  if (found === undefined) throw new Error(`no need ${name} among ${needs.map(({ need }) => need).join(', ')}`)
  return found
}

export async function untilNeed(project: TestProject, name: string, state: NeedState): Promise<NeedReport> {
  let report = await needOf(project, name)
  await until(async () => {
    report = await needOf(project, name)
    return report.state === state
  }, `${name} to be ${state}`).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${report.state}: ${report.cause}`)
  })
  return report
}
