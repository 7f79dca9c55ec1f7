import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { dockerfileOf, dockerignoreOf, mayBeInImage, staticDockerfileOf } from './dockerfile.ts'
import { basesOf, imageOf } from './image-of.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function service(more: object): Parameters<typeof dockerfileOf>[0]['service'] {
  return dockerRelease({ api: { start: 'node src/main.ts', routes: ['/'], ...more } }).config.services['api']!
}

test('with a build: two stages, and only the first has what builds', () => {
  const declared = service({
    build: "npm ci --ignore-scripts 'a b'",
    env: { LEVEL: 'x"$y' },
    writable: ['./my data/', 'tmp'],
  })
  const text = dockerfileOf({ name: 'api', service: declared, runtime: 'node', base: `node:24@${DIGEST}` })
  assert.equal(
    text,
    `# Made by Seaworthy from services.api of the config.
FROM node:24@${DIGEST} AS build
WORKDIR /app
COPY app/ ./
ARG LEVEL
RUN ["npm", "ci", "--ignore-scripts", "a b"]

FROM node:24@${DIGEST}
WORKDIR /app
COPY --from=build /app ./
COPY --chown=65532:65532 ["writable/", "./my data/"]
COPY --chown=65532:65532 ["writable/", "./tmp/"]
COPY seaworthy/ /seaworthy/
USER 65532:65532
HEALTHCHECK CMD ["node", "/seaworthy/check.mjs"]
ENTRYPOINT ["node", "/seaworthy/enter.mjs"]
`,
  )
})

test('without one: one stage, and for Python the same in Python', () => {
  const text = dockerfileOf({ name: 'jobs', service: service({}), runtime: 'python', base: 'python:3.13' })
  assert.equal(
    text,
    `# Made by Seaworthy from services.jobs of the config.
FROM python:3.13
WORKDIR /app
COPY app/ ./
COPY seaworthy/ /seaworthy/
USER 65532:65532
HEALTHCHECK CMD ["python3", "/seaworthy/check.py"]
ENTRYPOINT ["python3", "/seaworthy/enter.py"]
`,
  )
})

function web(more: object): Parameters<typeof dockerfileOf>[0]['service'] {
  return dockerRelease({ web: { static: 'my web/', routes: ['/'], ...more } }).config.services['web']!
}

test('static files are a layer on what serves them', () => {
  const input = { name: 'web', service: web({}), folder: 'my web/', own: 'seaworthy:1', base: null }
  assert.equal(
    staticDockerfileOf(input),
    `# Made by Seaworthy from services.web of the config.
FROM seaworthy:1
WORKDIR /
COPY --chown=65532:65532 ["app/my web/", "/srv/files/"]
COPY seaworthy/ /seaworthy/
USER 65532:65532
HEALTHCHECK CMD ["node", "/seaworthy/check.mjs"]
ENTRYPOINT ["node", "/seaworthy/serve", "/srv/files"]
`,
  )
  assert.match(staticDockerfileOf({ ...input, folder: './' }), /^COPY --chown=65532:65532 \["app\/", /m)
})

test('what a build makes of static files is copied from its stage; nothing else of it is left', () => {
  const service = web({ static: 'dist', build: 'npm run build', env: { API: 'x' } })
  const text = staticDockerfileOf({ name: 'web', service, folder: 'dist', own: 'seaworthy:1', base: 'node:24' })
  assert.equal(
    text.split('\nWORKDIR /\n')[0],
    `# Made by Seaworthy from services.web of the config.
FROM node:24 AS build
WORKDIR /app
COPY app/ ./
ARG API
RUN ["npm", "run", "build"]

FROM seaworthy:1`,
  )
  assert.match(text, /^COPY --chown=65532:65532 --from=build \["\/app\/dist\/", "\/srv\/files\/"\]$/m)
})

test('which bases have to be there first', () => {
  assert.deepEqual(basesOf('web', web({})), ['seaworthy'])
  assert.deepEqual(basesOf('web', web({ build: 'npm run build' })), ['node', 'seaworthy'])
  assert.deepEqual(basesOf('api', service({ start: 'python3 main.py' })), ['python'])
})

test('the same rule for what is copied as for what is ignored', () => {
  for (const path of ['.env', 'a/.env.local', '.git/config', 'a/.ssh/id', '.netrc'])
    assert.ok(!mayBeInImage(path), path)
  for (const path of ['.env.example', 'env', 'a/.environment', '.gitignore', 'a/b.ssh'])
    assert.ok(mayBeInImage(path), path)
})

test('what is no part of an image; packages of the machine only where a build makes them anew', () => {
  const always = '.git .hg .svn .seaworthy .env .env.* .netrc .ssh'.split(' ').map((name) => `app/**/${name}`)
  assert.deepEqual(dockerignoreOf(service({})).split('\n'), [...always, '!app/**/.env.example', ''])
  const made = ['node_modules', '.venv', '__pycache__'].map((name) => `app/**/${name}`)
  assert.deepEqual(dockerignoreOf(service({ build: 'npm ci' })).split('\n'), [
    ...always,
    ...made,
    '!app/**/.env.example',
    '',
  ])
})

test('an image has another name when its files, its build or its base differ, and the same for another release', () => {
  const of = (more: object, options: object = {}, bases?: { node: string; python: string }): string =>
    imageOf(dockerRelease({ api: { start: 'node main.js', ...more } }, options), 'api', bases)
  const name = of({})
  assert.equal(of({}, { id: '8-0badc0de' }), name)
  assert.equal(of({ start: 'node other.js', health: { ready: '/up' } }), name)
  assert.notEqual(of({}, { artifacts: { api: 'b1b2c3d4e5f60718' } }), name)
  assert.notEqual(of({ build: 'npm ci' }), name)
  assert.notEqual(of({}, {}, { node: 'node:26', python: 'python:3.13' }), name)
  // A program that no base has: its own Dockerfile is among the files that the name is made of.
  assert.match(of({ start: '/app/server' }), /^seaworthy\/shop\/api:a1b2c3d4e5f60718-[0-9a-f]{8}$/)
  const image = `registry.example.com/api@${DIGEST}`
  assert.equal(imageOf(dockerRelease({ api: { image, routes: ['/'] } }), 'api'), image)
  const page = dockerRelease({ web: { static: 'web', routes: ['/'] } })
  const bases = { node: 'node:24', python: 'python:3.13' }
  assert.notEqual(
    imageOf(page, 'web', { ...bases, seaworthy: 'seaworthy:1' }),
    imageOf(page, 'web', { ...bases, seaworthy: 'seaworthy:2' }),
  )
  assert.throws(() => imageOf(page, 'web', bases), { code: 'image.no-base', message: /web is static/ })
})
