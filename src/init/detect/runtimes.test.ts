import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notesOf, serviceOf, servicesOf } from './testing.ts'

const MAIN = 'package main\n\nfunc main() {\n\thttp.ListenAndServe(":"+os.Getenv("PORT"), nil)\n}\n'

test('Go: a service for each main; one that listens on nothing beside another is a worker', () => {
  const root = { 'go.mod': 'module example.com/x', 'main.go': MAIN }
  assert.deepEqual(serviceOf(root), { build: 'go build -trimpath -o bin/web .', start: './bin/web', routes: ['/'] })
  const services = servicesOf({
    'go.mod': 'module example.com/x',
    'cmd/api/main.go': MAIN,
    'cmd/api/main_test.go': MAIN,
    'cmd/mail/main.go': 'package main\n\nfunc main() {\n\twork()\n}\n',
    'internal/x.go': 'package x\n\nfunc main() {\n}\n',
  })
  assert.deepEqual(
    Object.entries(services).map(([name, { start, ...rest }]) => [name, start, rest['routes']]),
    [
      ['api', './bin/api', ['/']],
      ['mail', './bin/mail', undefined],
    ],
  )
})

test('Ruby: Puma where there is one, else rackup with the server that is', () => {
  const startOf = (gems: string | null): string | undefined =>
    serviceOf({ 'config.ru': 'run A', ...(gems === null ? {} : { Gemfile: gems }) }).start
  assert.equal(startOf("gem 'sinatra'\ngem \"puma\", '~> 6'\n"), 'bundle exec puma -b tcp://$HOST:$PORT')
  assert.equal(startOf("gem 'sinatra'\ngem 'falcon'\n"), 'bundle exec rackup -s falcon -o $HOST -p $PORT config.ru')
  assert.equal(startOf(null), 'puma -b tcp://$HOST:$PORT config.ru')
})

test('PHP: the folder of its index, and a build only where composer has packages', () => {
  assert.equal(serviceOf({ 'index.php': '' }).start, 'php -S $HOST:$PORT')
  const symfony = { 'public/index.php': '', 'composer.json': '{"require":{"php":">=8.2","symfony/runtime":"7"}}' }
  assert.deepEqual(
    [serviceOf(symfony).start, serviceOf(symfony).build?.split(' ')[0]],
    ['php -S $HOST:$PORT -t public', 'composer'],
  )
  assert.equal(
    serviceOf({ 'index.php': '', 'composer.json': '{"require":{"php":"*","ext-json":"*"}}' }).build,
    undefined,
  )
  assert.match(notesOf({ 'index.php': '' }).join(), /not made for the public/)
})

test('files count where nothing runs, and the whole folder is pointed out', () => {
  assert.equal(serviceOf({ 'dist/index.html': '', 'README.md': '' })['static'], 'dist')
  assert.equal(serviceOf({ 'index.html': '' })['static'], '.')
  assert.match(notesOf({ 'index.html': '' }).join(), /static is the whole folder/)
  assert.equal(serviceOf({ 'index.html': '', 'app.py': 'HTTPServer(x)' })['static'], undefined)
})
