import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthPathOf, readDockerfile } from './docker.ts'
import { notesOf, serviceOf } from './testing.ts'

const startOf = (text: string): string | undefined => readDockerfile('Dockerfile', text).start?.value

test('CMD and ENTRYPOINT in both forms, of the last stage, below its work folder', () => {
  assert.equal(startOf('FROM a\nCMD ["deno", "run", "-A", "main.ts"]'), 'deno run -A main.ts')
  assert.equal(startOf('FROM a\nENTRYPOINT ["java"]\nCMD ["-jar", "app.jar"]'), 'java -jar app.jar')
  assert.equal(startOf('FROM a\nCMD bun run start'), 'bun run start')
  assert.equal(startOf('FROM a\nCMD exec bun --port "$PORT" && true'), `sh -c 'exec bun --port "$PORT" && true'`)
  assert.equal(startOf('FROM a\nENTRYPOINT run it\nCMD ["ignored"]'), 'run it')
  assert.equal(
    startOf('FROM a AS one\nCMD ["one"]\nFROM b\nWORKDIR /srv\nCMD ["/srv/bin/two", "/srvx", "a b"]'),
    `bin/two /srvx 'a b'`,
  )
  assert.equal(startOf('FROM a\nCMD ["one"]\nCMD ["two"]'), 'two')
  assert.equal(startOf('FROM a\n# CMD ["one"]\nRUN x'), undefined)
  assert.equal(startOf('from a\ncmd ["one", \\\n  # between\n  "two"]'), 'one two')
})

test('EXPOSE is the port of a program that does not ask for one', () => {
  const files = { Dockerfile: 'FROM a\nEXPOSE 9000/tcp\nCMD ["lua", "server.lua"]', 'server.lua': 'listen(9000)' }
  assert.equal(serviceOf(files)['port'], 9000)
  assert.equal(serviceOf({ ...files, 'server.py': 'os.environ["PORT"]' })['port'], undefined)
  assert.equal(readDockerfile('Dockerfile', 'EXPOSE 99999\nCMD x').port, null)
})

test('a health check tells its path, by whatever program it asks', () => {
  assert.equal(healthPathOf('CMD curl -fsS http://localhost:${PORT}/healthz || exit 1'), '/healthz')
  assert.equal(healthPathOf('["CMD","wget","-qO-","http://127.0.0.1/api/ready"]'), '/api/ready')
  assert.equal(healthPathOf('CMD pg_isready'), null)
})

test('another way to start wins over the image; an image without one is told', () => {
  const node = {
    'package.json': '{"scripts":{"start":"node a.js"}}',
    'a.js': 'createServer().listen(process.env.PORT)',
  }
  assert.equal(serviceOf({ Dockerfile: 'FROM a\nCMD ["other"]', ...node }).start, 'node a.js')
  const files = { 'api/Dockerfile': 'FROM a', 'public/index.html': '' }
  assert.match(notesOf(files).join(), /api\/Dockerfile has neither CMD nor ENTRYPOINT/)
})
