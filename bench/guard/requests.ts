/** The requests that are measured: fixed, ordinary, with values in them that look at first like more than they are. */
import type { GuardRequest } from '../../src/guard/request.ts'

export interface Sample {
  readonly name: string
  readonly request: GuardRequest
  readonly body: Buffer | null
}

const BROWSER = [
  'Host',
  'shop.example.com',
  'User-Agent',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Accept',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language',
  'en-GB,en;q=0.9,de;q=0.8',
  'Accept-Encoding',
  'gzip, deflate, br, zstd',
  'Referer',
  'https://shop.example.com/products?category=shoes&page=2',
  'Cookie',
  '_ga=GA1.2.1896098016.1624276462; session=84b71484bb9c961326252869d991cdaa; theme=dark; cart=%7B%22items%22%3A%5B%7B%22id%22%3A17%2C%22qty%22%3A2%7D%5D%2C%22cur%22%3A%22EUR%22%7D',
  'Sec-Fetch-Site',
  'same-origin',
  'Sec-Fetch-Mode',
  'navigate',
  'Upgrade-Insecure-Requests',
  '1',
  'Cache-Control',
  'max-age=0',
  'X-Requested-With',
  'XMLHttpRequest',
]

const order = {
  id: 41873,
  placed: '2026-11-20T10:12:44.125Z',
  customer: {
    name: "Siobhán O'Brien",
    company: 'Marks & Sons Ltd.',
    mail: 'siobhan@example.com',
    phone: '+353 1 555 0142',
    address: { street: '12 St. Stephen\u2019s Green', city: 'Dublin', zip: 'D02 X285', country: 'IE' },
  },
  lines: [
    { sku: 'SHOE-42-BL', title: 'Running shoes, blue', qty: 1, price: 89.9, tax: 0.23 },
    { sku: 'SOCK-3-WH', title: 'Socks (3 pairs) - white', qty: 2, price: 12.5, tax: 0.23 },
    { sku: 'BAG-1', title: 'Bag "Weekend", 40 l', qty: 1, price: 59, tax: 0.23 },
  ],
  delivery: { kind: 'express', on: '2026-11-23', gate: '#4; ring twice' },
  payment: { method: 'card', token: 'tok_1QX9aB2cD3eF4gH5iJ6kL7mN', amount: 173.9, currency: 'EUR' },
  note: 'Please select a box that fits; leave it with the neighbour if nobody opens.',
  tags: ['web', 'first-order'],
  consent: { mail: true, terms: '2026-01' },
}
const json = Buffer.from(JSON.stringify(order))

/** Six parameters, twelve headers, four cookies. */
export const GET: Sample = {
  name: 'GET, 6 parameters, 12 headers, 4 cookies',
  request: {
    method: 'GET',
    target:
      '/products/search?q=running+shoes+%26+socks&brand=O%27Neill&price=10-120&sort=-created_at&page=2&ref=https%3A%2F%2Fwww.google.com%2Fsearch',
    client: '192.0.2.1',
    headers: BROWSER,
    host: 'shop.example.com',
  },
  body: null,
}

export const POST: Sample = {
  name: `POST, ${json.length} bytes of JSON`,
  request: {
    method: 'POST',
    target: '/api/orders',
    client: '192.0.2.1',
    headers: [...BROWSER, 'Content-Type', 'application/json', 'Content-Length', String(json.length)],
    host: 'shop.example.com',
  },
  body: json,
}

export const BROWSER_GET: Sample = {
  name: 'browser GET, memory warm',
  request: { ...GET.request, target: '/products/41873/running-shoes-blue' },
  body: null,
}
