import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notesOf, serviceOf, servicesOf } from './testing.ts'

const FASTAPI = 'from fastapi import FastAPI\napp = FastAPI()\n'
const VENV = 'python3 -m venv .venv && .venv/bin/python -m pip install'

test('each way to declare packages has its build, and all of them end in .venv', () => {
  const of = (files: Record<string, string>): unknown[] => {
    const { build, start } = serviceOf({ 'main.py': FASTAPI, ...files })
    return [build, start?.split(' ')[0]]
  }
  const project = '[project]\nname = "x"\ndependencies = [\n  "fastapi[standard]>=0.115",\n  "psycopg",\n]\n'
  assert.deepEqual(of({ 'requirements.txt': 'fastapi\nuvicorn[standard]==0.30 # server\n' }), [
    `sh -c '${VENV} -r requirements.txt'`,
    '.venv/bin/python',
  ])
  assert.deepEqual(of({ 'requirements.txt': 'fastapi\n' }), [
    `sh -c '${VENV} -r requirements.txt uvicorn'`,
    '.venv/bin/python',
  ])
  assert.deepEqual(of({ 'pyproject.toml': project, 'uv.lock': '' }), [
    'uv sync --frozen --no-dev --no-install-project',
    '.venv/bin/python',
  ])
  assert.deepEqual(of({ 'pyproject.toml': project }), [`sh -c '${VENV} .'`, '.venv/bin/python'])
  assert.deepEqual(of({ 'pyproject.toml': project, 'poetry.lock': '' }), [
    'env POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --only main --no-root --no-interaction',
    '.venv/bin/python',
  ])
  assert.deepEqual(of({ Pipfile: '[packages]\nfastapi = "*"\nuvicorn = "*"\n', 'Pipfile.lock': '' }), [
    'env PIPENV_VENV_IN_PROJECT=1 pipenv sync',
    '.venv/bin/python',
  ])
  assert.deepEqual(of({}), [undefined, 'python3'])
  assert.match(notesOf({ 'main.py': FASTAPI }).join(), /the machine's own Python packages are used/)
})

test('the application is found where it is made, under whatever name', () => {
  const startOf = (files: Record<string, string>): string | undefined =>
    serviceOf({ 'requirements.txt': 'fastapi\nflask\nuvicorn\ngunicorn\n', ...files }).start
  const uvicorn = (name: string): string => `.venv/bin/python -m uvicorn ${name} --host $HOST --port $PORT`
  const gunicorn = (name: string): string => `.venv/bin/python -m gunicorn --bind $HOST:$PORT --threads 8 ${name}`
  assert.equal(
    startOf({ 'shop/api/server.py': 'import fastapi\napi: FastAPI = fastapi.FastAPI(title="x")\n' }),
    uvicorn('shop.api.server:api'),
  )
  assert.equal(startOf({ 'src/shop/__init__.py': FASTAPI }), uvicorn('shop:app --app-dir src'))
  assert.equal(startOf({ 'app.py': 'from flask import Flask\nsite = Flask(__name__)\n' }), gunicorn('app:site'))
  assert.equal(
    startOf({
      'shop/__init__.py':
        'from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n',
    }),
    gunicorn("'shop:create_app()'"),
  )
  assert.equal(
    startOf({
      'shop/__init__.py': 'from flask import Flask\ndef create_app():\n    return Flask(__name__)\n',
      'wsgi.py': 'from shop import create_app\napplication = create_app()\n',
    }),
    gunicorn('wsgi:application'),
  )
})

test('an application in a comment or in a test is none', () => {
  assert.throws(
    () => servicesOf({ 'requirements.txt': 'fastapi', 'main.py': '# app = FastAPI()\n', 'test_main.py': FASTAPI }),
    { code: 'init.nothing-recognised' },
  )
})

test('Django by its settings', () => {
  const manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.production')\n"
  const { start } = serviceOf({ 'manage.py': manage, 'requirements.txt': 'Django\ngunicorn\n', 'config/wsgi.py': '' })
  assert.equal(start, '.venv/bin/python -m gunicorn --bind $HOST:$PORT --threads 8 config.wsgi')
})

test('a script that listens is run, one that works on is a worker', () => {
  const server = 'from http.server import HTTPServer\nHTTPServer(("", int(os.environ["PORT"])), H).serve_forever()\n'
  assert.deepEqual(servicesOf({ 'app.py': server }), { web: { start: 'python3 app.py', routes: ['/'] } })
  assert.deepEqual(servicesOf({ 'requirements.txt': 'requests\n', 'worker.py': 'while True:\n    work()\n' }), {
    worker: { build: `sh -c '${VENV} -r requirements.txt'`, start: '.venv/bin/python worker.py' },
  })
})
