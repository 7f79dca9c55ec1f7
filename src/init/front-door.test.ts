import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packageText, servicesOf } from './detect/testing.ts'

const server = (folder: string, source: string): Record<string, string> => ({
  [`${folder}/package.json`]: packageText({ scripts: { start: 'node a.js' } }),
  [`${folder}/a.js`]: `createServer().listen(process.env.PORT)\n${source}`,
})
const page = (folder: string): Record<string, string> => ({
  [`${folder}/package.json`]: packageText({ scripts: { build: 'vite build' }, devDependencies: { vite: '6' } }),
})
const routesOf = (files: Readonly<Record<string, string>>): unknown =>
  Object.fromEntries(Object.entries(servicesOf(files)).map(([name, { routes }]) => [name, routes]))

test('pages get /, servers what their sources answer', () => {
  assert.deepEqual(
    routesOf({ ...server('api', "app.get('/api/x')\napp.post('/api/y')\napp.get('/health')"), ...page('spa') }),
    { api: ['/api'], spa: ['/'] },
  )
})

test('two that answer the same, and one that answers too much, are reached by their names', () => {
  const many = 'abcdef'.replaceAll(/./g, (name) => `app.get('/${name}')\n`)
  assert.deepEqual(
    routesOf({
      ...server('one', "app.get('/v1')"),
      ...server('two', "app.get('/v1')"),
      ...server('many', many),
      ...page('spa'),
    }),
    {
      many: ['/many'],
      one: ['/v1'],
      two: ['/two'],
      spa: ['/'],
    },
  )
})

test('without pages the one that is called like a front gets /', () => {
  assert.deepEqual(routesOf({ ...server('api', "app.get('/v1')"), ...server('web', '') }), { api: ['/v1'], web: ['/'] })
  assert.deepEqual(routesOf({ ...server('a', ''), ...server('b', '') }), { a: ['/'], b: ['/b'] })
})
