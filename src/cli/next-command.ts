/** The environment that a command is about, and whether commands mean it without being told. */
export interface ActsOn {
  readonly name: string
  readonly isDefault: boolean
}

/** A command in backticks, except `init`, which knows no environment, and `promote`, which names its two. */
const COMMAND = /`seaworthy (?!(?:init|promote)\b)(?<verb>[a-z][a-z-]*)(?<rest>[^`]*)`/g

/**
 * The commands that a text tells somebody to run, with the environment they are for: `seaworthy resume` → `seaworthy resume
 * production`. Control and the engine name commands without knowing what the command line takes for granted, so this is
 * done once, where the text reaches a person.
 */
export function nameEnvironment(text: string, on: ActsOn | null): string {
  if (on === null || on.isDefault) return text
  return text.replaceAll(COMMAND, (whole, verb: string, rest: string) =>
    rest.split(' ').includes(on.name) ? whole : `\`seaworthy ${verb} ${on.name}${rest}\``,
  )
}
