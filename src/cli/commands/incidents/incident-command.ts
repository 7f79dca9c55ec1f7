import { Command } from 'commander'

/** A command about one incident. */
export function incidentCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<incident>', "such as 'i7'")
    .argument('[environment]', "the environment (default: 'local', or the only one)")
}
