import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Screen } from './screen.ts'

void test('a text is drawn over itself, cut to the terminal, and nothing in it moves the cursor', () => {
  let written = ''
  const terminal = { columns: 10, rows: 3, write: (text: string) => (written += text) }
  {
    using screen = new Screen(terminal)
    assert.equal(written, '\x1b[?1049h\x1b[?25l')
    written = ''
    screen.draw('fine\nan instance \x1b[2Jwith a name\rX')
    assert.equal(written, '\x1b[Hfine\x1b[K\nan instanc\x1b[K\x1b[J')
    written = ''
    screen.draw('one\ntwo\nthree\nfour')
    assert.equal(written, '\x1b[Hone\x1b[K\ntwo\x1b[K\n… 2 more l\x1b[K\x1b[J')
    written = ''
    screen.draw('a\rb\x07c')
    assert.equal(written, '\x1b[Ha b c\x1b[K\x1b[J')
    written = ''
  }
  assert.equal(written, '\x1b[?25h\x1b[?1049la\rb\x07c\n')
})
