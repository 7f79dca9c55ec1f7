import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeProgram } from './main.ts'

for (const name of ['alerts', 'traces', 'incidents']) {
  void test(`the help of ${name} shows what it takes without a command`, async () => {
    const program = await makeProgram(() => {}, name)
    const command = program.commands[0]!
    const list = command.commands.find((each) => each.name() === 'list')!
    let said = ''
    command.configureOutput({ writeOut: (text) => void (said += text) })
    command.outputHelp()
    assert.ok(list.options.length > 1)
    for (const { flags } of list.options) assert.ok(said.includes(`  ${flags} `), `${flags} in ${said}`)
    assert.match(said, /Without a command it is 'list'/)
  })
}
