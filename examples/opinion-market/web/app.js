// The page: live prices over the WebSocket, everything else over /api. Text from others only ever becomes textContent.

const CREDIT = 1_000_000
const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 5_000
const REFRESH_MS = 5_000
const TOKEN = 'opinion-market token'

const $ = (id) => document.getElementById(id)

/** @type {Map<number, {id: number, question: string, category?: string, prices: {yes: number, no: number}, outcome: string | null}>} */
const markets = new Map()
let chosen = null
let token = localStorage.getItem(TOKEN)
let attempt = 0
// A trade that got no answer is asked for again with the same key, so that a second click never trades twice.
let pending = null
let refreshFailed = false

follow()
void showRelease()
void refresh()
setInterval(refresh, REFRESH_MS)

onSubmit('register', async ({ name }) => {
  const account = await api('POST', '/api/accounts', { body: { name } })
  token = account.token
  localStorage.setItem(TOKEN, token)
})

$('leave').addEventListener('click', () => {
  token = null
  localStorage.removeItem(TOKEN)
  void refresh()
})

onSubmit('open-market', async ({ question, category }) => {
  await api('POST', '/api/markets', { body: { question, ...($('new-category').hidden ? {} : { category }) } })
  $('open-market').elements.question.value = ''
})

onSubmit('trade', async ({ side, outcome, shares }) => {
  const order = { market: chosen, side, outcome, shares: Number(shares) }
  const text = JSON.stringify(order)
  if (pending?.text !== text) pending = { text, key: randomKey() }
  try {
    await api('POST', '/api/trades', { body: order, key: pending.key })
    pending = null
  } catch (error) {
    if (error.status >= 400 && error.status < 500) pending = null
    throw error
  }
})

$('trade').addEventListener('input', showEstimate)
$('category').addEventListener('change', showMarkets)

/** Keeps a WebSocket open; each loss is followed by a short, growing, jittered pause. */
function follow() {
  const socket = new WebSocket(new URL('/ws', location.href.replace(/^http/, 'ws')))
  socket.addEventListener('open', () => {
    attempt = 0
    showLink('live', 'live')
  })
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data)
    if (message.type === 'prices') markets.clear()
    for (const market of message.markets) markets.set(market.id, market)
    named(message)
    showMarkets()
  })
  socket.addEventListener('close', ({ code }) => {
    const pauseMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempt) * (0.5 + Math.random() / 2)
    attempt += 1
    showLink('waiting', `reconnecting (${code}), attempt ${attempt}`)
    setTimeout(follow, pauseMs)
  })
}

async function showRelease() {
  try {
    named(await api('GET', '/api/version'))
  } catch (error) {
    notice(error.message)
  }
}

function named({ version, release }) {
  document.documentElement.dataset.version = version
  $('release').textContent = `${version} · ${release}`
}

async function refresh() {
  try {
    const [{ leaders }, { categories }] = await Promise.all([
      api('GET', '/api/leaderboard'),
      api('GET', '/api/markets'),
    ])
    fill(
      $('leaders'),
      leaders.slice(0, 8).map(({ name, worth }) => line(name, credits(worth))),
    )
    showCategories(categories)
    await showAccount()
    if (refreshFailed) notice('')
    refreshFailed = false
  } catch (error) {
    refreshFailed = true
    notice(error.message)
  }
}

async function showAccount() {
  $('register').hidden = token !== null
  $('account').hidden = token === null
  $('open-market').hidden = token === null
  if (token === null) {
    fill($('positions'), [])
    $('no-positions').hidden = false
    return showMarkets()
  }
  try {
    const { account, positions } = await api('GET', '/api/positions')
    $('account-name').textContent = account.name
    $('balance').textContent = credits(account.balance)
    $('no-positions').hidden = positions.length > 0
    fill(
      $('positions'),
      positions.map(({ question, outcome, shares, worth }) =>
        line(`${shares} × ${outcome}: ${question}`, credits(worth)),
      ),
    )
  } catch (error) {
    if (error.status !== 401) throw error
    token = null
    localStorage.removeItem(TOKEN)
    await showAccount()
  }
  showMarkets()
}

function showCategories(categories) {
  const known = categories ?? []
  $('category').hidden = $('new-category').hidden = known.length === 0
  if ($('category').options.length === known.length + 1) return
  const options = (names) => names.map((name) => element('option', { textContent: name, value: name }))
  fill($('category'), [element('option', { textContent: 'all categories', value: '' }), ...options(known)])
  fill($('open-market').elements.category, options(known))
}

function showMarkets() {
  const category = $('category').hidden ? '' : $('category').value
  const shown = [...markets.values()]
    .filter((market) => category === '' || market.category === category)
    .sort((left, right) => right.id - left.id)
  $('empty').hidden = shown.length > 0
  // A focused button must not be replaced under the finger: rows are kept and only their figures change.
  const rows = new Map([...$('markets').children].map((row) => [Number(row.dataset.id), row]))
  fill(
    $('markets'),
    shown.map((market) => {
      const row = rows.get(market.id) ?? marketRow(market.id)
      showMarket(row, market)
      return row
    }),
  )
  const market = markets.get(chosen)
  $('trade-card').hidden = token === null || !market || market.outcome !== null
  $('trade-question').textContent = market?.question ?? ''
  showEstimate()
}

function marketRow(id) {
  const row = element('li', { className: 'market' })
  row.dataset.id = id
  const texts = element('div')
  texts.append(element('p', { className: 'question' }), element('span', { className: 'tag' }))
  const prices = element('div', { className: 'prices' })
  for (const outcome of ['yes', 'no']) {
    const button = element('button', { className: outcome, type: 'button' })
    button.addEventListener('click', () => choose(id, outcome))
    prices.append(button)
  }
  row.append(texts, prices, element('div', { className: 'bar' }))
  return row
}

function showMarket(row, { id, question, category, prices, outcome }) {
  row.dataset.chosen = String(id === chosen)
  row.querySelector('.question').textContent = question
  row.querySelector('.tag').textContent = category ?? ''
  row.querySelector('.bar').style.setProperty('--share', `${prices.yes * 100}%`)
  for (const each of ['yes', 'no']) {
    const button = row.querySelector(`button.${each}`)
    button.textContent =
      outcome === null ? `${each} ${(prices[each] * 100).toFixed(1)} %` : each === outcome ? `was ${each}` : each
    button.disabled = outcome !== null
  }
}

function choose(id, outcome) {
  chosen = id
  $('trade').elements.outcome.value = outcome
  if (token === null) notice('Open an account to trade.')
  showMarkets()
}

/** What these shares cost at the present price; the maker's price moves with the trade, so it is "about". */
function showEstimate() {
  const market = markets.get(chosen)
  if (!market) return
  const { outcome, shares, side } = $('trade').elements
  const amount = credits(market.prices[outcome.value] * Number(shares.value) * CREDIT)
  $('estimate').textContent = side.value === 'buy' ? `${amount} to pay` : `${amount} to receive`
}

function onSubmit(id, act) {
  $(id).addEventListener('submit', (event) => {
    event.preventDefault()
    void submitted($(id), act)
  })
}

async function submitted(form, act) {
  const button = form.querySelector('button')
  button.disabled = true
  try {
    await act(Object.fromEntries(new FormData(form)))
    notice('')
    await refresh()
  } catch (error) {
    notice(error.message)
  } finally {
    button.disabled = false
  }
}

async function api(method, path, { body, key } = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body ? { 'Content-Type': 'application/json' } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(key ? { 'Idempotency-Key': key } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  const { message = `the exchange answered ${response.status}`, correlationId } = answer.error ?? {}
  throw Object.assign(new Error(correlationId ? `${message} (${correlationId.slice(0, 8)})` : message), {
    status: response.status,
  })
}

function showLink(state, text) {
  $('link').dataset.state = state
  $('link').textContent = text
}

function notice(text) {
  $('notice').hidden = text === ''
  $('notice').textContent = text
}

function line(left, right) {
  const item = element('li')
  item.append(element('span', { textContent: left }), element('span', { textContent: right }))
  return item
}

function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties)
}

function fill(parent, children) {
  const same =
    parent.children.length === children.length && children.every((child, index) => parent.children[index] === child)
  if (!same) parent.replaceChildren(...children)
}

function credits(amount) {
  return `${(amount / CREDIT).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} credits`
}

function randomKey() {
  // crypto.randomUUID exists on secure pages only.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
