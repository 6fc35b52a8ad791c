import assert from 'node:assert/strict';
import test from 'node:test';
import { ageOf, counted, lossesOf, measured, plain, rows, statusOf, texts } from '../src/lib/health';

test('names tell the unit of their value', () => {
  assert.deepEqual(measured('free_bytes', 81_220_000_000), ['free', '76 GiB']);
  assert.deepEqual(measured('free_bytes', 0), ['free', '0 B']);
  assert.deepEqual(measured('free_bytes', null), ['free', '–']);
  assert.deepEqual(measured('free_bytes', 'much'), ['free', 'much']);
  assert.deepEqual(measured('path', '/data'), ['path', '/data']);
  assert.match(measured('loaded_unix_s', 1_700_000_000)[1], /^2023-11-1\d \d\d:\d\d:\d\d$/);
  assert.deepEqual(measured('loaded_unix_s', 0), ['loaded', '–']);
});

test('counts fit a card', () => {
  assert.equal(counted('events', 184_220_113), '184M');
  assert.equal(counted('bytes', 40_960), '40 KiB');
  assert.equal(counted('events', null), '–');
});

test('an age is known from a time', () => {
  const now = 1_700_000_000_000;
  assert.equal(ageOf(0, now), 0);
  assert.equal(ageOf(1500, now), 1500);
  assert.equal(ageOf(now - 1500, now), 1500);
  assert.equal(ageOf(now + 10, now), 0, 'clocks differ');
  for (const value of [undefined, null, 'now', NaN]) assert.equal(ageOf(value, now), null);
});

test('anything is survived', () => {
  for (const value of [undefined, null, 7, 'x', {}, [], [null, 'x']]) {
    assert.ok(Array.isArray(rows(value)) && Array.isArray(texts(value)));
    assert.equal(statusOf(value), 'unknown');
    assert.ok(plain(value) !== '');
  }
  assert.equal(plain(''), '–');
  assert.equal(lossesOf({ losses: { a: 1, b: 'x', c: null, d: 2 } }), 3);
  assert.equal(lossesOf({ losses: null }), 0);
});
