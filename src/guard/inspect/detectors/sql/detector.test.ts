import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hit } from '../../detector.ts'
import { SCORE } from '../../detector.ts'
import { sqlDetector } from './detector.ts'

function judge(text: string, { document = false }: { document?: boolean } = {}): Hit[] {
  const hits: Hit[] = []
  const value = {
    text,
    lower: text.toLowerCase(),
    mask: 0,
    location: 'query',
    name: 'q',
    hint: null,
    rounds: 0,
    document,
    method: 'GET',
  } as const
  sqlDetector.detect(value, (hit) => hits.push(hit))
  return hits
}

function proof(text: string, document = false): string | undefined {
  return judge(text, { document }).find((hit) => hit.score >= SCORE.proof)?.rule
}

/** Each rule: what breaks out or fills a parameter, and harmless twins that share its words. */
const RULES: Readonly<Record<string, { readonly attacks: readonly string[]; readonly twins: readonly string[] }>> = {
  'sqli.tautology': {
    attacks: [
      '7 OR 7=7',
      "zz' or '5'='5",
      'zz") or ("q"="q',
      "x' OR 3 < 4 -- ",
      "x'/**/oR/**/2/**/=/**/2#",
      'or 2=2/*',
      "' or true--",
      "' or ''='",
      '0x31 or 0x31=0x31',
    ],
    twins: [
      `5'10" or 6'2"`,
      '12" or 14" pizza',
      "cut at 12' or 14 -- or so",
      "O'Brien likes 'x' and y = 'z'",
      "files `a' and `b' of the package",
      '`x` and `y` is not `true`',
      'called and `x` is not `true`',
      "`'AND'` or `'OR'`",
      '2+2=4 or 2*2=4',
      '5 > 3 and 2 < 4',
      "the words 'or' and 'and'",
      '"or"',
      "D'or 1st parfume",
      'size=4 or color=red',
    ],
  },
  'sqli.condition': {
    attacks: [
      "' and a='a",
      "nobody' or username like '%",
      ' OR x=y#',
      " and (select mid(@@version,1,1))='5'",
      "zz' or email notnull--",
    ],
    twins: [
      "status = 'open' AND assignee = 'kim'",
      "$filter=price gt 5 and name eq 'x'",
      "Rock 'n' roll and all = fun",
      "it's me or you",
      "the boys' or girls -- whichever",
      "students' and teachers' #1 choice",
    ],
  },
  'sqli.union': {
    attacks: [
      '-1 union all select 1,2,3',
      "' UNION SELECT a,b FROM c--",
      '1 /*!50000uNiOn*/ /*!sElEct*/ null',
      '1 union(select(pass)from(t))',
    ],
    twins: [
      'European Union select committee on fisheries',
      'the union select members from the list of delegates',
      'Union Square',
    ],
  },
  'sqli.stacked': {
    attacks: [
      "x'; drop table users;--",
      '1; insert into t values (1)',
      "x'); delete from t where 1",
      '9; declare @a int',
    ],
    twins: [
      'Insert coin into slot; update firmware; drop test passed',
      "UPDATE users SET name = 'x' WHERE id = 1;",
      'please; delete me',
      "pool.query('SELECT NOW()')",
      'psql -c "select 1"',
    ],
  },
  'sqli.delay': {
    attacks: ["x' waitfor delay '0:0:9'--", "); WAITFOR  TIME '10:00'"],
    twins: ['I waited for delay after delay', 'waitfor delay in the queue'],
  },
  'sqli.function': {
    attacks: ['sleep(7)', "SLEEP(5)='", 'extractvalue(1,concat(0x7e,version()))', 'select version()', '1||pg_sleep(3)'],
    twins: [
      'sleep(8) hours a day keeps the doctor away',
      'sleep(8)? Never.',
      'SELECT count(*) FROM orders',
      'The benchmark (5 runs) was fast',
      'left(over) food',
    ],
  },
  'sqli.open-call': { attacks: ['substring(', 'uNhEx ('], twins: ['call me (', 'rock('] },
  'sqli.comment-tail': {
    attacks: ["root' --", 'root"/*', "root')#"],
    twins: ["'quoted' -- by Anna", 'Rating: 5/5 -- again', "rock 'n' roll #1"],
  },
  'sqli.probe': {
    attacks: [' order by 9--', 'two words order by 9#', "1' group by 1,2,--+", ' having 1=1#', 'procedure analyse ('],
    twins: [
      'Can I order by phone or by mail?',
      'group by team and order by date',
      'having fun',
      'order by 5 pm',
      'please order by 5 -- thanks',
      'please order by 5',
    ],
  },
  'sqli.subselect': {
    attacks: ["x'+(select(0)from(select(sleep(9)))v)+'", '(select group_concat(a) from b)', '5,(select * from t)'],
    twins: ['Colour (select one)', 'sizes (select from the list)'],
  },
  'sqli.system-table': {
    attacks: ['pg_catalog', 'select * from sqlite_master', 'x from information_schema.tables'],
    twins: ['ask for the idv_msdb database', 'a catalog of schemas'],
  },
  'sqli.cast': {
    attacks: ['password::int', 'f(x)::bigint--'],
    twins: ['std::vector', 'Str::text("x")', 'removes unused v8::Integer', 'removes unused v8::Integer'],
  },
  'sqli.json': {
    attacks: [`'{"b":2}' #>> '{a}'`, `x' or '{"a":1}' @> '{}`],
    twins: ["map 'a' to 'b'", 'fix typo "categoty" -> "category"'],
  },
  'sqli.odd-number': { attacks: ['1.e(ascii', '1.e.tables'], twins: ['version 1.e of the form', '1.5e3'] },
  'sqli.concatenation': { attacks: ["1'||'a'||'"], twins: ["'a' or 'b'", 'a || b'] },
  'sqli.break': { attacks: ["anna@example.com';"], twins: ["she said 'yes';", '12"; 14"'] },
}

for (const [rule, { attacks, twins }] of Object.entries(RULES)) {
  test(`${rule}: attacks are proof, harmless twins are not`, () => {
    assert.deepEqual(
      attacks.filter((text) => proof(text) === undefined),
      [],
    )
    assert.ok(
      attacks.some((text) => proof(text) === rule),
      `${rule} itself was never the proof`,
    )
    assert.deepEqual(
      twins.filter((text) => proof(text) !== undefined),
      [],
    )
  })
}

test('in a document only what breaks out of a string is proof', () => {
  const text = 'Chapter 3\n\nSELECT * FROM pg_catalog WHERE sleep(5)\nUNION SELECT 1,2 FROM t\n\nand so on'
  assert.equal(proof(text, true), undefined)
  assert.notEqual(proof(text.replaceAll('\n', ' '), false), undefined)
  assert.equal(proof(`Chapter 3\n\nzz' or '5'='5`, true), 'sqli.tautology')
})

test('an attack behind more tokens than the window holds is found, once per place', () => {
  for (const padding of ['a ', 'a, ', '(', 'a.b ', "''", '/* c */ ']) {
    for (const count of [100, 1000, 2047, 2048, 2049, 5000]) {
      const text = `${padding.repeat(count)}x' union all select 1,2,3-- `
      assert.ok(
        judge(text).some((hit) => hit.rule === 'sqli.union'),
        `behind ${count} times ${JSON.stringify(padding)}`,
      )
    }
  }
})

test('an attack across the border of two windows is found whole', () => {
  for (let count = 1960; count <= 2060; count++) {
    const text = `${'a '.repeat(count)}x' or '5'='5`
    assert.deepEqual(
      judge(text).map(({ rule, start, end }) => [rule, text.slice(start, end)]),
      [['sqli.tautology', "or '5'='5"]],
      `behind ${count} words`,
    )
  }
})

test('a hit says where it stands', () => {
  const text = 'zzzzz OR 7=7 '
  const [hit] = judge(text)
  assert.equal(text.slice(hit?.start, hit?.end), 'OR 7=7')
})
