const CHARACTERS_MAX = 255
/** As Docker's reference grammar has it, without a digest. */
const NAME = /^(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*:\w[\w.-]{0,127}$/

/** Whether an image can be called that: a name and a tag, such as `registry.example.com/seaworthy:1`. */
export function isTag(text: string): boolean {
  return text.length <= CHARACTERS_MAX && NAME.test(text)
}
