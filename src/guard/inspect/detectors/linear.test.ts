import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DETECTORS } from './index.ts'
import { asks, valueOf } from './testing.ts'

/** What each detector looks for first, so that it begins again and again and never ends. */
const UNITS = [
  String.raw`../ ..; ./ \ / 0x2e %2% etc/ c:\ \\ ; ;id | ls && $( ` + '`',
  "`id` `` $((1 <( \n \nid \r\na1 \\n \\nid c'a't () {a, /?a if( get- powershell-enc <!entity <![cdata[<]]> <!doctypea[ <!-- <!--#",
  '{{ {{a {% ${ ${a #{ <% {{7*7 ( a( eval( $a[ $a( $_ <? <?p O:1:"a":1: __ __proto__ constructor. java.lang. transformer #cmd',
  '@a@ ${::- ${lower: require( while(( function( http:// http: get/http/ = : @ " \'',
]
  .flatMap((text) => text.split(' '))
  .concat([
    '; ',
    ';id ',
    '| ls ',
    'sudo ',
    '() {',
    'for %',
    'if (',
    'powershell -',
    '<!entity a ',
    'f (',
    'import os;',
    'x\r\n',
    'get / http/',
  ])
const SHORT = 1 << 14
const LONG = 1 << 17
/** A detector that looked at each character again for each other one would take LONG / SHORT times as long for a character. */
const GROWTH_MAX = 6
/** Below this a measurement is the clock's. */
const NS_NOTICED = 4

function nsPerChar(detect: () => void, chars: number, rounds: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < 4; batch++) {
    const before = process.cpuUsage()
    for (let round = 0; round < rounds; round++) detect()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, ((user + system) * 1000) / (rounds * chars))
  }
  return best
}

for (const detector of DETECTORS)
  test(`linear: ${detector.name} takes as long for a character of a long value as of a short one`, () => {
    for (const unit of UNITS) {
      for (const document of [false, true]) {
        if (!asks(detector, valueOf(unit.repeat(4)))) continue
        const [short, long] = [SHORT, LONG].map((chars) => {
          const value = valueOf(unit.repeat(Math.ceil(chars / unit.length)).slice(0, chars), { document })
          const detect = (): void => detector.detect(value, () => {})
          return (rounds: number) => nsPerChar(detect, chars, rounds)
        })
        const each = short!(2)
        const last = long!(1)
        assert.ok(
          last < Math.max(each, NS_NOTICED) * GROWTH_MAX,
          `${JSON.stringify(unit)}: ${each.toFixed(1)} ns a character of ${SHORT}, ${last.toFixed(1)} of ${LONG}`,
        )
      }
    }
  })
