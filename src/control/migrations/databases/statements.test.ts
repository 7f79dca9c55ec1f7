import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endsTransaction } from './statements.ts'

test('a file that begins or ends a transaction is seen', () => {
  for (const text of [
    'begin; select 1;',
    'select 1;\nCOMMIT;',
    'select 1; rollback',
    'start  transaction; select 1',
    '-- first\nabort;',
    "prepare transaction 'x'",
  ])
    assert.equal(endsTransaction(text), true, text)
})

test('words in comments, strings, names and bodies are no commands', () => {
  for (const text of [
    '-- commit;\nselect 1;',
    '/* ; commit; */ select 1',
    "insert into t values ('; commit; it''s')",
    'select 1 as "; commit;"',
    'do $$ begin perform 1; commit; end $$;',
    'create function f() returns int language plpgsql as $body$ begin return 1; end; $body$;',
    'create function f() returns int begin atomic select 1; end;',
    'rollback to here;',
    'alter table commits add column begin_at timestamptz',
  ])
    assert.equal(endsTransaction(text), false, text)
})
