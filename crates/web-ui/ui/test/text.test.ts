import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, count, cut, prettyJson, runs, shortOutput, visible } from '../src/lib/text';

test('hidden characters are shown', () => {
  const check = (input: string, expected: string) => assert.equal(visible(input), expected);
  check('plain text, ünïcödé, 日本語 😀', 'plain text, ünïcödé, 日本語 😀');
  check('<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>');
  check('a\u202egpj.exe', 'a⟨U+202E⟩gpj.exe');
  check('x\r\ny\u0000\u001b[31m', 'x⟨\\r⟩⟨\\n⟩y⟨U+0000⟩⟨\\e⟩[31m');
  check('a\u200bb\ufeff', 'a⟨U+200B⟩b⟨U+FEFF⟩');
  check('a\u{e0041}b', 'a⟨U+E0041⟩b');
  check('lone \ud800 half', 'lone ⟨U+D800⟩ half');
});

test('runs keep the text', () => {
  assert.deepEqual(runs('a\u202eb').map((run) => run.escaped), [false, true, false]);
  assert.deepEqual(runs(''), []);
});

test('cutting never splits a character', () => {
  assert.deepEqual(cut('ab😀c', 3), { text: 'ab', more: 3 });
  assert.deepEqual(cut('abc', 3), { text: 'abc', more: 0 });
});

test('the output loses its time and priority only', () => {
  assert.equal(shortOutput('13:44:05.478445995: Critical A shell (x)'), 'A shell (x)');
  assert.equal(shortOutput('A shell'), 'A shell');
});

test('numbers are short', () => {
  assert.equal(count(12345), '12,345');
  assert.equal(count(184_220_113), '184M');
  assert.equal(bytes(48_211_004), '46 MiB');
  assert.equal(bytes(12), '12 B');
});

test('JSON is laid out and nothing else of it changes', () => {
  const check = (json: string, expected: string[]) => assert.deepEqual(prettyJson(json), expected);
  check('{"a":1764000000000000001,"b":[],"c":{},"d":["x, y: {","q\\"\\\\"]}', [
    '{', '  "a": 1764000000000000001,', '  "b": [],', '  "c": {},', '  "d": [', '    "x, y: {",', '    "q\\"\\\\"', '  ]', '}',
  ]);
  check('7', ['7']);
  check('{"broken', ['{', '  "broken']);
});
