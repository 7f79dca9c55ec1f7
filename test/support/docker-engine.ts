import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { runCommand } from '../../src/deploy/targets/run-command.ts'
import { until } from './project.ts'

/** What generated Dockerfiles begin with; tests import it, and no registry is asked. */
export const NODE_BASE = 'node:24-bookworm-slim'

export interface DockerEngine extends AsyncDisposable {
  /** What `docker --host` takes. */
  readonly host: string
  /** Runs docker with these words; its answer. */
  readonly docker: (...args: readonly string[]) => string
  /** Ends the engine, and with it all that runs, and starts it again on the same data: as a reboot does. */
  readonly restart: () => Promise<void>
}

/**
 * A real Docker engine of its own: Debian's `docker.io`, with its data in a folder of its own and in a network of its own, so
 * that neither the machine's engine nor its firewall is touched. What runs in it is reached from its containers alone.
 */
export async function startEngine(): Promise<DockerEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-engine-'))
  const host = `unix://${folder}/docker.sock`
  let stop: () => Promise<void>
  try {
    stop = await startDaemon(folder, host)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    host,
    docker: (...args) =>
      execFileSync('docker', ['--host', host, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim(),
    restart: async () => {
      await stop()
      stop = await startDaemon(folder, host)
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when it answers, with what ends it. */
async function startDaemon(folder: string, host: string): Promise<() => Promise<void>> {
  const roots = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')]
  const more = ['--pidfile', join(folder, 'pid'), '--host', host]
  // A test that is killed takes its engine with it.
  const apart = ['--pdeathsig', 'TERM', 'unshare', '--net', '--mount', '--propagation', 'private']
  // A network of its own begins without a loopback: ports published there could not be bound.
  const shell = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
  const child = spawn('setpriv', [...apart, ...shell, 'dockerd', ...roots, ...more], {
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-4_000)))
  child.once('error', (error) => (log += error.message))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  try {
    const version = { argv: ['docker', '--host', host, 'version'] as const, timeoutMs: 10_000, because: 'a test' }
    await until(async () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error(`the engine ended: ${log}`)
      return (await runCommand(version, { env: process.env })).code === 0
    }, 'the Docker engine to answer')
  } catch (error) {
    await stop()
    throw new Error(`no Docker engine: ${log}`, { cause: error })
  }
  return stop
}

/**
 * An archive from which `docker import` makes an image with nothing but Node: this one's program and the libraries it is
 * linked with. No registry is needed, and two engines that read it have the same layer.
 */
export function nodeArchive(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-base-'))
  const root = join(folder, 'root')
  for (const path of ['usr/local/bin', 'lib64', 'lib', 'etc', 'tmp', 'proc', 'dev', 'run', 'sys'])
    mkdirSync(join(root, path), { recursive: true })
  // A tmpfs that is mounted there takes its mode from here.
  chmodSync(join(root, 'tmp'), 0o1777)
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'))
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
  for (const [path] of linked.matchAll(/\/\S+/g))
    copyFileSync(path, join(root, path.startsWith('/lib64/') ? 'lib64' : 'lib', basename(path)))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/sbin/nologin\n')
  const path = join(folder, 'base.tar')
  execFileSync('tar', ['-c', '--owner=0', '--group=0', '--mode=a+rX', '-f', path, '-C', root, '.'])
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
