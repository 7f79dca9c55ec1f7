import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectFrom } from '../project-files.ts'
import { detectPort, readsPort } from './port.ts'
import { appOf, notesOf, packageText } from './testing.ts'

const fixed = (path: string, text: string): number | undefined => {
  const [found] = detectPort(projectFrom({ [path]: text }))
  return found?.kind === 'setting' && found.key === 'port' ? found.guess.value : undefined
}

test('a port written in the source is found in each language', () => {
  const samples: readonly (readonly [string, string])[] = [
    ['a.js', 'app.listen(4001, () => {})'],
    ['a.ts', 'const port: number = 4001;'],
    ['a.mjs', 'await server.listen({ host: "0.0.0.0", port: 4001 })'],
    ['a.py', 'HTTPServer(("0.0.0.0", 4001), Handler).serve_forever()'],
    ['b.py', 'app.run(host="0.0.0.0", port=4001)'],
    ['a.go', 'log.Fatal(http.ListenAndServe(":4001", nil))'],
    ['b.go', 'router.Run("0.0.0.0:4001")'],
    ['a.rb', 'set :port, 4001'],
  ]
  for (const [path, text] of samples) assert.equal(fixed(path, text), 4001, text)
})

test('a program that asks for PORT insists on none, whatever else it names', () => {
  const samples = [
    'process.env.PORT ?? 4001',
    "process.env['PORT']",
    'os.environ.get("PORT", 4001)',
    'os.environ["PORT"]',
    'os.Getenv("PORT")',
    "ENV.fetch('PORT', 4001)",
    '$ENV{PORT}',
  ]
  for (const sample of samples) {
    const text = `x = ${sample}\nport = 4001\n`
    assert.equal(fixed('a.py', text), undefined, sample)
    assert.ok(readsPort(projectFrom({ 'a.py': text }), '.'), sample)
  }
  assert.ok(!readsPort(projectFrom({ 'a.js': '// process.env.PORT\nprocess.env.PORTAL' }), '.'))
})

test('no two services get one port, and the gateway keeps away from theirs', () => {
  const server = (port: number): Record<string, string> => ({
    'package.json': packageText({ scripts: { start: 'node a.js' } }),
    'a.js': `require('http').createServer().listen(${port})`,
  })
  const inFolders = (a: number, b: number): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ one: a, two: b }).flatMap(([folder, port]) =>
        Object.entries(server(port)).map(([name, text]) => [`${folder}/${name}`, text]),
      ),
    )
  const app = appOf(inFolders(8080, 4001))
  assert.deepEqual([app.services['one']?.['port'], app.services['two']?.['port']], [8080, 4001])
  assert.deepEqual(app.gateway, { listen: { http: 8160 } })
  const same = inFolders(4001, 4001)
  assert.deepEqual([appOf(same).services['one']?.['port'], appOf(same).services['two']?.['port']], [4001, undefined])
  assert.match(notesOf(same).join(), /two insists on port 4001 .*, which one has/)
})
