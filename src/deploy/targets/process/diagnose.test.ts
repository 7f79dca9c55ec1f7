import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedService } from '../../../config/resolved.ts'
import type { Instance } from '../../release.ts'
import { diagnose } from './diagnose.ts'

const service = { port: null } as ResolvedService
const running = { id: 'api@1-x-1', host: '127.0.0.1', port: 20_000, pid: 7, restarts: 0, lastExit: null } as Instance
const causeOf = (
  instance: Instance,
  listeners: readonly { address: string; port: number }[],
  lastLines: readonly string[] = [],
): string | null =>
  diagnose({ instance, service, lastLines, listeners: listeners.map((listener) => ({ ...listener, inode: '1' })) })
    .cause

test('the wrong port is named, with the right one', () => {
  assert.match(
    causeOf(running, [{ address: '0.0.0.0', port: 3000 }])!,
    /listens on 0\.0\.0\.0:3000 instead of \$PORT \(20000\)/,
  )
})

test('a program that runs and listens on nothing is told from one that ended', () => {
  assert.match(causeOf(running, [])!, /runs \(pid 7\) but listens on nothing yet; 127\.0\.0\.1:20000 was expected/)
  assert.match(causeOf({ ...running, pid: null, lastExit: 'exited with 3' }, [])!, /^the program exited with 3$/)
})

test('listening on ::1 alone is named', () => {
  assert.match(causeOf(running, [{ address: '::1', port: 20_000 }])!, /listens on ::1 only/)
})

test('the last lines of a crash tell a taken port and a missing module', () => {
  const crashed = { ...running, pid: null, lastExit: 'exited with 1', restarts: 2 }
  assert.match(
    causeOf(crashed, [], ['Error: listen EADDRINUSE: address already in use :::3000'])!,
    /\(3 times\): the port it wants is in use/,
  )
  assert.match(causeOf(crashed, [], ["Error: Cannot find module 'express'"])!, /a module is missing/)
})

test('an instance that listens where it should leaves the cause to the last look', () => {
  assert.equal(causeOf(running, [{ address: '127.0.0.1', port: 20_000 }]), null)
})
