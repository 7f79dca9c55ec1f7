/** The market's page in a real browser: prices move, trades count, and a deploy is survived without a failed trade. */
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Market } from '../../demo/market.ts'
import { openPage, type Page } from '../support/chromium.ts'
import { until } from '../support/project.ts'

// One at a time, so that a thousand credits last for the whole deploy.
const SHARES = 1
const WITHIN_MS = 120_000

test(
  'a page lives through a deploy: it reconnects to the new release and loses no trade',
  { timeout: WITHIN_MS },
  async (t) => {
    const market = new Market(AbortSignal.timeout(WITHIN_MS), mkdtempSync(join(tmpdir(), 'seaworthy-browser-')))
    try {
      const url = await market.up()
      await using page = await openPage(url)
      await shows(page, `link().dataset.state === 'live' && text('release').startsWith('v1')`)

      await submit(page, 'register', { name: 'Ada' })
      await shows(page, `!document.getElementById('account').hidden && text('account-name') === 'Ada'`)
      await submit(page, 'open-market', { question: 'Will the page notice?' })
      await shows(page, `priceOf('yes') === 50`)

      await page.evaluate(`document.querySelector('button.yes').click()`)
      await trade(page, 1)
      await shows(page, `priceOf('yes') > 50`)
      const before = await page.evaluate<number>(`priceOf('yes')`)

      await somebodyElseTrades(url)
      await shows(page, `priceOf('yes') > ${before}`)

      const deploying = market.deploy('v2')
      const over = new AbortController()
      void deploying.finally(() => over.abort()).catch(() => {})
      let trades = 1
      while (!over.signal.aborted) await trade(page, ++trades)
      const { state } = await deploying
      assert.equal(state, 'done')

      await shows(page, `link().dataset.state === 'live' && text('release').startsWith('v2')`)
      await trade(page, ++trades)
      assert.equal(await page.evaluate(`document.getElementById('notice').hidden`), true)
      assert.deepEqual(page.errors, [])
      assert.ok((await page.evaluate<number>(`reconnects`)) >= 1)
      t.diagnostic(
        `${trades} trades through the form, none failed; ${await page.evaluate<number>(`reconnects`)} reconnects`,
      )
    } finally {
      await market.stop()
      await market.clear()
    }
  },
)

/** What the expressions below may use; looks at the page as a person does. */
const HELPERS = `
  globalThis.link = () => document.getElementById('link')
  globalThis.text = (id) => document.getElementById(id).textContent
  globalThis.priceOf = (outcome) => Number.parseFloat(document.querySelector('button.' + outcome)?.textContent.replace(/^\\D+/, ''))
  globalThis.held = () => Number.parseInt(document.querySelector('#positions li')?.textContent ?? '0', 10)
  globalThis.reconnects ??= 0
  globalThis.watching ??= new MutationObserver(() => { if (link().dataset.state !== 'live') reconnects += 1 })
  watching.observe(link(), { attributes: true, attributeFilter: ['data-state'] })
`

async function shows(page: Page, expression: string): Promise<void> {
  const isSo = `(() => { if (!document.getElementById('positions')) return false; ${HELPERS}; return Boolean(${expression}) })()`
  await until(() => page.evaluate<boolean>(isSo).catch(() => false), `the page to show ${expression}`)
}

/** Trades through the form and waits until the position has grown by it. */
async function trade(page: Page, count: number): Promise<void> {
  await submit(page, 'trade', { shares: String(SHARES) })
  await shows(page, `held() === ${count * SHARES}`)
}

async function submit(page: Page, form: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const fill = Object.entries(fields).map(
    ([name, value]) => `form.elements[${JSON.stringify(name)}].value = ${JSON.stringify(value)}`,
  )
  await shows(page, `!document.querySelector('#${form} button').disabled`)
  await page.evaluate(
    `(() => { const form = document.getElementById('${form}'); ${fill.join(';')}; form.requestSubmit() })()`,
  )
}

async function somebodyElseTrades(url: string): Promise<void> {
  const post = async (
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> => {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      body: JSON.stringify(body),
    })
    assert.ok(response.ok, `${path}: ${response.status}`)
    return (await response.json()) as Record<string, unknown>
  }
  const { token } = await post('/api/accounts', { name: 'Grace' })
  const authorization = `Bearer ${String(token)}`
  const order = { market: 1, side: 'buy', outcome: 'yes', shares: 20 }
  await post('/api/trades', order, { authorization, 'idempotency-key': 'only-once' })
}
