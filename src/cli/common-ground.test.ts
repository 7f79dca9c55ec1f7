import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { mustShareGround } from './common-ground.ts'
import { readProject } from './project.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-ground-'))
after(() => rmSync(folder, { recursive: true }))

const listen = { overrides: { gateway: { listen: { http: 8080 } } } }
const config = {
  name: 'shop',
  services: { api: { start: 'node api.js', routes: ['/'] } },
  environments: {
    here: { target: 'process' },
    beside: { target: 'process' },
    engine: { target: 'docker', ...listen },
    host: { target: 'docker', host: 'ssh://deploy@one.example.com', ...listen },
    staging: { target: 'kubernetes', context: 'tests', namespace: 'staging', ...listen },
    twin: { target: 'kubernetes', context: 'tests', namespace: 'twin', ...listen },
    production: { target: 'kubernetes', context: 'prod', namespace: 'production', ...listen },
    far: { target: 'kubernetes', context: 'far', ...listen },
    inside: { target: 'kubernetes', context: 'in-cluster', ...listen },
  },
}
writeFileSync(join(folder, 'seaworthy.config.json'), JSON.stringify(config))

async function share(from: string, to: string): Promise<void> {
  await mustShareGround(await readProject(folder, from), await readProject(folder, to))
}

test('one machine, one engine or one cluster, whatever its contexts are called', async () => {
  const kubectl = `#!${process.execPath}
const [, context, , , ...words] = process.argv.slice(2)
if (words.join(' ') === 'config view --minify --output jsonpath={.clusters[0].cluster.server}')
  process.stdout.write(context === 'far' ? 'https://far.example.com' : 'https://one.example.com')
`
  writeFileSync(join(folder, 'kubectl'), kubectl, { mode: 0o755 })
  process.env['PATH'] = `${folder}:${dirname(process.execPath)}`
  await share('here', 'beside')
  await share('staging', 'twin')
  await share('staging', 'production')
  // What `docker` makes by itself is what the nodes run.
  await share('engine', 'production')
  await share('staging', 'engine')

  const code = 'promote.other-ground'
  await assert.rejects(share('here', 'engine'), { code, message: /here is on process and engine on docker at this/ })
  await assert.rejects(share('staging', 'here'), { code })
  await assert.rejects(share('host', 'production'), { code, message: /docker at ssh:\/\/deploy@one.example.com and/ })
  await assert.rejects(share('staging', 'far'), {
    code,
    message: /the cluster at https:\/\/one\.example\.com and far on the one at https:\/\/far\.example\.com:/,
  })
  await assert.rejects(share('inside', 'production'), { code })
  await assert.rejects(share('staging', 'staging'), { code: 'cli.usage' })
})
