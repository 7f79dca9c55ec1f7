import { formatPath } from '../config/path.ts'
import type { ConfigValue } from '../config/values.ts'
import type { Explanation } from '../promises/explain.ts'

/** What each line of the config says, and where it comes from. @param file the config, as it is told to people */
export function explainValues(values: readonly ConfigValue[], file: string): readonly Explanation[] {
  return values.map(({ path, written, origin, at, meaning }) => ({
    what: formatPath(path),
    value: written ?? 'not declared',
    from: {
      written: `${file}, ${at}`,
      override: `${file}, ${at}, which overrides it`,
      default: `the default, as ${file} does not say it`,
    }[origin],
    arithmetic: meaning === '' ? [] : [meaning],
  }))
}
