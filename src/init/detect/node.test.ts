import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notesOf, packageText, serviceOf, servicesOf } from './testing.ts'

const LISTENS = "require('node:http').createServer().listen(process.env.PORT)"
const express = { dependencies: { express: '5' } }

test('the package manager is the declared one, else that of the lockfile, else npm', () => {
  const buildOf = (files: Record<string, string>, more: object = {}): string | undefined =>
    serviceOf({ 'package.json': packageText({ ...express, scripts: { start: 'node a.js' }, ...more }), ...files }).build
  assert.equal(buildOf({ 'package-lock.json': '' }), 'npm ci --omit=dev')
  assert.equal(buildOf({}), 'npm install --omit=dev --no-audit --no-fund')
  assert.equal(buildOf({ 'pnpm-lock.yaml': '' }), 'pnpm install --frozen-lockfile --prod')
  assert.equal(buildOf({ 'yarn.lock': '' }), 'yarn install --frozen-lockfile --production')
  assert.equal(buildOf({ 'yarn.lock': '', '.yarnrc.yml': '' }), 'yarn install --immutable')
  assert.equal(buildOf({ 'yarn.lock': '' }, { packageManager: 'yarn@4.5.0' }), 'yarn install --immutable')
  assert.equal(
    buildOf({ 'package-lock.json': '', 'pnpm-lock.yaml': '' }, { packageManager: 'pnpm@9.0.0' }),
    'pnpm install --frozen-lockfile --prod',
  )
})

test('without packages and without a build script nothing is built', () => {
  assert.deepEqual(serviceOf({ 'package.json': packageText({ scripts: { start: 'node a.js' } }), 'a.js': LISTENS }), {
    start: 'node a.js',
    routes: ['/'],
  })
})

test('what only reloads is not how it starts in production', () => {
  const startOf = (scripts: object, more: object = {}): string | undefined =>
    serviceOf({ 'package.json': packageText({ scripts, ...express, ...more }), 'server.js': LISTENS }).start
  assert.equal(startOf({ start: 'nodemon x.js' }), 'node server.js')
  assert.equal(startOf({ start: 'nest start --watch', 'start:prod': 'node dist/main' }), 'node dist/main')
  assert.equal(startOf({ start: 'tsx src/main.ts' }), 'npm start')
  assert.equal(startOf({ start: 'PORT=3000 A=1 node x.js' }), 'node x.js')
  assert.equal(startOf({ start: 'node a.js && node b.js' }), 'npm start')
  assert.equal(startOf({}, { main: 'server.js' }), 'node server.js')
})

test('packages for development are installed where what starts or migrates is among them', () => {
  const buildOf = (value: object, files: Record<string, string> = {}): string | undefined =>
    serviceOf({ 'package.json': packageText(value), 'package-lock.json': '', ...files }).build
  assert.equal(buildOf({ ...express, scripts: { start: 'tsx a.ts' }, devDependencies: { tsx: '4' } }), 'npm ci')
  assert.equal(buildOf({ ...express, scripts: { start: 'node a.js' }, devDependencies: { prisma: '6' } }), 'npm ci')
  assert.equal(
    buildOf({ ...express, scripts: { start: 'node a.js' }, devDependencies: { jest: '29' } }),
    'npm ci --omit=dev',
  )
})

test('a package that nobody reaches is a worker, without routes', () => {
  const files = { 'package.json': packageText({ scripts: { start: 'node a.js' } }), 'a.js': 'setInterval(() => {}, 1)' }
  assert.deepEqual(servicesOf(files), { worker: { start: 'node a.js' } })
})

test('a library alone is nothing that runs', () => {
  assert.throws(() => servicesOf({ 'package.json': packageText({ main: 'index.js' }), 'index.js': 'export {}' }), {
    code: 'init.nothing-recognised',
  })
})

test('Next, exported or not, and bundlers with and without a server of their own', () => {
  const build = { build: 'x' }
  const next = packageText({ scripts: build, dependencies: { next: '15' } })
  assert.equal(serviceOf({ 'package.json': next }).start, 'node_modules/.bin/next start -p $PORT -H $HOST')
  assert.equal(
    serviceOf({ 'package.json': next, 'next.config.js': "module.exports = { output: 'export' }" })['static'],
    'out',
  )
  const vite = { scripts: { ...build, start: 'node server.js' }, devDependencies: { vite: '6' } }
  assert.equal(serviceOf({ 'package.json': packageText(vite) })['static'], 'dist')
  assert.equal(serviceOf({ 'package.json': packageText({ ...vite, ...express }) }).start, 'node server.js')
  assert.equal(
    serviceOf({ 'package.json': packageText({ scripts: build, dependencies: { 'react-scripts': '5' } }) })['static'],
    'build',
  )
})

test('members of a workspace share one build, libraries first, and start in their own folders', () => {
  const member = (name: string, more: object): string => packageText({ name: `@x/${name}`, ...more })
  const services = servicesOf({
    'package.json': packageText({ workspaces: { packages: ['apps/*', 'libs/*'] } }),
    'yarn.lock': '',
    'apps/a/package.json': member('a', {
      scripts: { build: 'tsc', start: 'node dist/a.js' },
      dependencies: { '@x/z': '*', express: '5' },
    }),
    'apps/b/package.json': member('b', { scripts: { start: 'ts-node b.ts' }, dependencies: { fastify: '5' } }),
    'libs/z/package.json': member('z', { scripts: { build: 'tsc' } }),
    'other/package.json': member('other', { scripts: { start: 'node o.js' }, dependencies: { koa: '2' } }),
  })
  const build = "sh -c 'yarn install --frozen-lockfile && yarn --cwd libs/z run build && yarn --cwd apps/a run build'"
  assert.deepEqual([services['a']?.build, services['b']?.build], [build, build])
  assert.deepEqual(
    [services['a']?.start, services['b']?.start],
    ["sh -c 'cd apps/a && exec node dist/a.js'", 'yarn --cwd apps/b run start'],
  )
  assert.deepEqual([services['other']?.['path'], services['a']?.['path']], ['other', undefined])
})

test('a package.json that is none is told, and what lies beside it still counts', () => {
  for (const text of ['{', '[]', 'null', '7']) {
    const files = { 'package.json': text, 'public/index.html': '' }
    assert.equal(serviceOf(files)['static'], 'public')
    assert.ok(text === '[]' || notesOf(files).some((note) => note.includes('is no JSON object')), text)
  }
})
