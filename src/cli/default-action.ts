import type { Command } from 'commander'

/** Of every terminal, so that the reference is the same wherever it is written. */
const WIDTH = 80

/** Adds the action that is taken where none is named: the command's own help shows what that takes. */
export function addDefaultAction(command: Command, action: Command): void {
  command.addCommand(action, { isDefault: true })
  command.addHelpText('after', () => {
    const help = action.createHelp()
    help.prepareContext({ helpWidth: WIDTH })
    const items: readonly (readonly [term: string, description: string])[] = [
      ...help.visibleArguments(action).map((one) => [help.argumentTerm(one), help.argumentDescription(one)] as const),
      ...help
        .visibleOptions(action)
        .filter(({ long }) => long !== '--help')
        .map((one) => [help.optionTerm(one), help.optionDescription(one)] as const),
    ]
    const width = Math.max(...items.map(([term]) => term.length))
    const lines = items.map(([term, description]) => help.formatItem(term, width, description, help))
    return ['', `Without a command it is '${action.name()}', which takes:`, ...lines].join('\n')
  })
}
