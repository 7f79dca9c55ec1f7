import { stripVTControlCharacters } from 'node:util'

/** Where a screen is drawn: a terminal, or what a test has instead. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

const SIZE = { columns: 80, rows: 24 } as const
const ALTERNATE = '\x1b[?1049h\x1b[?25l'
const BACK = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

/** A text that is drawn over itself, cut to the terminal; at its end the terminal is as before, with the last text on it. */
export class Screen implements Disposable {
  readonly #terminal: Terminal
  #last = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    terminal.write(ALTERNATE)
  }

  draw(text: string): void {
    const { columns = SIZE.columns, rows = SIZE.rows } = this.#terminal
    this.#last = text
    // What programs have written stands in it: nothing of that may move the cursor.
    const lines = text.split('\n').map((line) => plain(line).slice(0, columns))
    const shown =
      lines.length <= rows ? lines : [...lines.slice(0, rows - 1), more(lines.length - rows + 1).slice(0, columns)]
    this.#terminal.write(`${HOME}${shown.join(`${REST_OF_LINE}\n`)}${REST_OF_LINE}${REST_OF_SCREEN}`)
  }

  [Symbol.dispose](): void {
    this.#terminal.write(`${BACK}${this.#last}\n`)
  }
}

function more(count: number): string {
  return `… ${count} more lines`
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ')
}
