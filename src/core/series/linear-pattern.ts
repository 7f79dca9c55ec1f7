/**
 * Patterns that match whole values in time linear in their length, whatever was written: an automaton that is in all of its
 * states at once (Thompson, 1968; as RE2, which Alertmanager uses) instead of a search that tries one way after another. For
 * what people send to a process that must not stall; patterns of the config are the engine's own.
 */

/** Steps of an automaton; `(a{100}){100}` would be ten thousand. */
const STEPS_MAX = 2_000

type Node =
  | { readonly kind: 'one'; readonly test: (character: string) => boolean }
  | { readonly kind: 'edge'; readonly at: 'start' | 'end' }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly kind: 'times'; readonly of: Node; readonly min: number; readonly max: number }

type Step =
  | { readonly kind: 'one'; readonly test: (character: string) => boolean }
  | { readonly kind: 'edge'; readonly at: 'start' | 'end' }
  | { readonly kind: 'go'; to: readonly number[] }
  | { readonly kind: 'done' }

/**
 * A test of whole values. Taken are characters and their escapes, `.`, classes, groups, `|`, `^`, `$` and counts; looking
 * around and back is not, since no automaton can.
 * @throws SyntaxError for what is none, is not taken, or is larger than 2,000 steps
 */
export function compileLinear(pattern: string): (value: string) => boolean {
  const steps = stepsOf(new Parser(pattern).parse())
  return (value) => run(steps, Array.from(value))
}

function run(steps: readonly Step[], characters: readonly string[]): boolean {
  let states = reach(steps, [0], 0, characters.length)
  for (const [index, character] of characters.entries()) {
    const next: number[] = []
    for (const state of states) {
      const step = steps[state]!
      if (step.kind === 'one' && step.test(character)) next.push(state + 1)
    }
    if (next.length === 0) return false
    states = reach(steps, next, index + 1, characters.length)
  }
  return [...states].some((state) => steps[state]!.kind === 'done')
}

/** Every step that can be reached without a character. */
function reach(steps: readonly Step[], from: readonly number[], at: number, length: number): ReadonlySet<number> {
  const reached = new Set<number>()
  const left = [...from]
  for (let state = left.pop(); state !== undefined; state = left.pop()) {
    if (reached.has(state)) continue
    reached.add(state)
    const step = steps[state]!
    if (step.kind === 'go') left.push(...step.to)
    if (step.kind === 'edge' && at === (step.at === 'start' ? 0 : length)) left.push(state + 1)
  }
  return reached
}

function stepsOf(node: Node): readonly Step[] {
  const steps: Step[] = []
  const add = <S extends Step>(step: S): S => {
    if (steps.length >= STEPS_MAX) throw new SyntaxError('it is too large: fewer or smaller counts, please')
    steps.push(step)
    return step
  }
  const write = (each: Node): void => {
    switch (each.kind) {
      case 'one':
      case 'edge':
        add(each)
        return
      case 'all':
        each.of.forEach(write)
        return
      case 'any': {
        const fork = add<Step & { kind: 'go' }>({ kind: 'go', to: [] })
        const ends = each.of.map((alternative) => {
          fork.to = [...fork.to, steps.length]
          write(alternative)
          return add<Step & { kind: 'go' }>({ kind: 'go', to: [] })
        })
        for (const end of ends) end.to = [steps.length]
        return
      }
      case 'times': {
        for (let n = 0; n < each.min; n++) write(each.of)
        const forks: (Step & { kind: 'go' })[] = []
        for (let n = each.min; n < Math.min(each.max, each.min + (each.max === Infinity ? 1 : STEPS_MAX)); n++) {
          const place = steps.length
          forks.push(add<Step & { kind: 'go' }>({ kind: 'go', to: [place + 1] }))
          write(each.of)
          if (each.max === Infinity) add({ kind: 'go', to: [place] })
        }
        for (const fork of forks) fork.to = [...fork.to, steps.length]
      }
    }
  }
  write(node)
  add({ kind: 'done' })
  return steps
}

class Parser {
  readonly #characters: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.#characters = Array.from(pattern)
  }

  parse(): Node {
    const node = this.#any()
    if (this.#at < this.#characters.length) throw this.#wrong('a ) without its (')
    return node
  }

  #any(): Node {
    const alternatives = [this.#all()]
    while (this.#take('|')) alternatives.push(this.#all())
    return alternatives.length === 1 ? alternatives[0]! : { kind: 'any', of: alternatives }
  }

  #all(): Node {
    const parts: Node[] = []
    while (this.#at < this.#characters.length && !'|)'.includes(this.#characters[this.#at]!)) parts.push(this.#times())
    return { kind: 'all', of: parts }
  }

  #times(): Node {
    const of = this.#atom()
    const count = this.#count()
    if (count === null) return of
    // Whether it takes much or little first changes nothing where the whole value has to match.
    this.#take('?')
    if (this.#count() !== null) throw this.#wrong('a count of a count')
    return { kind: 'times', of, ...count }
  }

  #count(): { readonly min: number; readonly max: number } | null {
    if (this.#take('*')) return { min: 0, max: Infinity }
    if (this.#take('+')) return { min: 1, max: Infinity }
    if (this.#take('?')) return { min: 0, max: 1 }
    const found = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(this.#characters.slice(this.#at, this.#at + 12).join(''))
    if (found === null) return null
    this.#at += found[0].length
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === undefined ? Infinity : Number(found[3])
    if (max < min) throw this.#wrong('a count that ends before it begins')
    return { min, max }
  }

  #atom(): Node {
    const character = this.#characters[this.#at]!
    this.#at++
    if (character === '(') return this.#group()
    if (character === '[') return this.#class()
    if (character === '\\') return this.#escaped()
    if (character === '.') return { kind: 'one', test: () => true }
    if (character === '^' || character === '$') return { kind: 'edge', at: character === '^' ? 'start' : 'end' }
    if ('*+?{}]'.includes(character)) throw this.#wrong(`${character} has to be written \\${character} here`)
    return { kind: 'one', test: (other) => other === character }
  }

  #group(): Node {
    if (this.#take('?') && !this.#take(':')) throw this.#wrong('of groups that begin with (? only (?: is taken')
    const node = this.#any()
    if (!this.#take(')')) throw this.#wrong('a ( without its )')
    return node
  }

  /** `[a-z\d]`: of one character the engine's own answer is as fast as any. */
  #class(): Node {
    let end = this.#at
    while (end < this.#characters.length && this.#characters[end] !== ']') end += this.#characters[end] === '\\' ? 2 : 1
    if (end >= this.#characters.length) throw this.#wrong('a [ without its ]')
    const text = this.#characters.slice(this.#at, end).join('')
    this.#at = end + 1
    return oneOf(`[${text}]`)
  }

  #escaped(): Node {
    const character = this.#characters[this.#at]
    this.#at++
    if (character === undefined) throw this.#wrong('nothing after \\')
    if (/[A-Za-z0-9]/.test(character) && !/[dDwWsSnrt]/.test(character))
      throw this.#wrong(`\\${character} is not taken`)
    return /[A-Za-z]/.test(character)
      ? oneOf(`\\${character}`)
      : { kind: 'one', test: (other: string) => other === character }
  }

  #take(character: string): boolean {
    if (this.#characters[this.#at] !== character) return false
    this.#at++
    return true
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`${what}, at character ${this.#at}`)
  }
}

function oneOf(pattern: string): Node {
  const own = new RegExp(`^${pattern}$`, 'su')
  return { kind: 'one', test: (character) => own.test(character) }
}
