import assert from 'node:assert/strict';
import test from 'node:test';
import { ancestry } from '../src/lib/ancestry';
import { tagKind, tagName } from '../src/lib/mitre';
import { duration, fromInput, readRange, toInput, windowOf, writeRange } from '../src/lib/time';

test('ranges survive text', () => {
  for (const text of ['15m', '24h', '7d', '90s', '1..2']) {
    const range = readRange(text);
    assert.ok(range);
    assert.deepEqual(readRange(writeRange(range)), range);
  }
  for (const text of ['', '0h', '-1h', '99999d', '2..1', 'now']) assert.equal(readRange(text), null);
});

test('a window holds its range in whole buckets', () => {
  const now = 1_700_000_123_456;
  for (const seconds of [60, 900, 3600, 86400, 7 * 86400, 365 * 86400]) {
    const window = windowOf({ kind: 'last', seconds }, now, 72);
    assert.ok(window.from <= now - seconds * 1000 && window.to > now, `${seconds}`);
    assert.ok(window.buckets <= 73, `${seconds}: ${window.buckets}`);
    const step = (window.to - window.from) / window.buckets;
    assert.equal(step % 1000, 0);
    const later = windowOf({ kind: 'last', seconds }, now + 1, 72);
    assert.equal((later.from - window.from) % step, 0, 'bars stand still');
  }
});

test('inputs and durations', () => {
  assert.equal(fromInput(toInput(1_700_000_123_000)), 1_700_000_123_000);
  assert.equal(fromInput('x'), null);
  assert.equal(duration(241_000), '4 min');
});

test('tags have kinds and names', () => {
  assert.equal(tagKind('mitre_execution'), 'tactic');
  assert.equal(tagName('mitre_execution'), 'Execution');
  assert.equal(tagKind('T1059.004'), 'technique');
  assert.equal(tagName('T1059.004'), 'Unix Shell');
  assert.equal(tagName('T1059.999'), 'Command and Scripting Interpreter');
  assert.equal(tagName('constructor'), null);
  assert.equal(tagKind('container'), 'other');
});

test('ancestry goes from the oldest to the process', () => {
  const names = (fields: Record<string, unknown>) => ancestry(fields).map((process) => process.name);
  assert.deepEqual(
    names({ 'proc.name': 'sh', 'proc.pname': 'node', 'proc.aname[2]': 'shim', 'proc.aname[3]': 'systemd' }),
    ['systemd', 'shim', 'node', 'sh'],
  );
  assert.deepEqual(names({ 'proc.name': 'sh', 'proc.aname[2]': 'b', 'proc.aname[4]': 'd' }), ['b', 'sh']);
  assert.deepEqual(names({}), []);
  assert.equal(ancestry({ 'proc.name': 'a', 'proc.pid': 7 })[0]?.pid, '7');
});
