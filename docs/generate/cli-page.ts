import type { Command } from 'commander'
import { makeProgram } from '../../src/cli/main.ts'

const HEAD = `# Command reference

<!-- Made by \`npm run docs\` from the commands themselves; a test compares. Change src/cli/commands, not this page. -->
`

/** docs/reference/cli.md. */
export async function cliPage(): Promise<string> {
  const program = await makeProgram(() => {})
  return [
    HEAD,
    sectionOf(program, ''),
    ...program.commands.flatMap((command) => sectionsOf(command, program.name())),
  ].join('\n')
}

function sectionsOf(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`
  return [sectionOf(command, parent), ...command.commands.flatMap((inner) => sectionsOf(inner, name))]
}

function sectionOf(command: Command, parent: string): string {
  const name = [parent, command.name()].filter((part) => part !== '').join(' ')
  const usage = `${name} ${command.usage()}`
  const inputs = command.registeredArguments.map((each) => {
    const { meaning, fallback } = split(each.description)
    return [`\`${each.name()}\``, each.required ? '**required**' : fallback, meaning]
  })
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map((each) => {
      const { meaning, fallback } = split(each.description)
      return [`\`${each.flags}\``, defaultOf(each.defaultValue) || fallback, meaning]
    })
  const after = textAfterHelp(command)
  return [
    `## \`${name}\`\n`,
    `${command.description()}\n`,
    `\`\`\`\n${usage}\n\`\`\`\n`,
    ...(inputs.length === 0 ? [] : [table(['argument', 'default', 'meaning'], inputs)]),
    ...(options.length === 0 ? [] : [table(['option', 'default', 'meaning'], options)]),
    ...(after === '' ? [] : [`\`\`\`\n${after}\n\`\`\`\n`]),
  ].join('\n')
}

/** Commander knows no default that is worked out later: it is told at the end of the description. */
function split(description: string): { readonly meaning: string; readonly fallback: string } {
  const [, meaning = description, fallback = ''] = /^(.*) \(default: (.*)\)$/.exec(description) ?? []
  return { meaning, fallback }
}

function defaultOf(value: unknown): string {
  return value === undefined || value === false
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

/** Examples are added behind commander's own help; only its events know them. */
function textAfterHelp(command: Command): string {
  let text = ''
  command

    .configureOutput({ writeOut: (part) => (text += part), writeErr: () => {} })
  command.outputHelp()
  return text.slice(command.helpInformation().length).trim()
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`
}

/** A bar would end the cell; what looks like a tag is shown as it is within code. */
function cell(text: string): string {
  const barred = text.replaceAll('|', '\\|')
  return barred.startsWith('`') ? barred : barred.replaceAll('<', '&lt;')
}
