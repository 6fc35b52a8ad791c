import assert from 'node:assert/strict';
import test from 'node:test';
import { emptyView, readView, toggleFilter, type View, withFilter, writeView } from '../src/lib/url';

function check(view: View) {
  const [path, search = ''] = writeView(view).split('?');
  assert.deepEqual(readView(path ?? '', search), view);
}

test('every view survives its address', () => {
  check(emptyView());
  check({ ...emptyView(), page: 'health' });
  check({ ...emptyView(), range: { kind: 'last', seconds: 900 } });
  check({ ...emptyView(), range: { kind: 'fixed', from: 1, to: 1700000000000 } });
  check({
    ...emptyView(),
    q: '<img src=x onerror=alert(1)> & \u202e 100% +',
    filters: [
      { facet: 'rule', value: 'a=b&c', not: false },
      { facet: 'rule', value: 'd', not: true },
      { facet: 'container', value: '', not: false },
    ],
    open: { uuid: '0188f9e0-1111-5222-8333-444455556666', at: 1700000000000 },
  });
});

test('random views survive their address', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  let state = seed;
  const below = (bound: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * bound);
  };
  for (let round = 0; round < 300; round += 1) {
    const view = emptyView();
    for (let index = below(6); index > 0; index -= 1) {
      const value = Array.from({ length: below(8) }, () => String.fromCodePoint(1 + below(0xd000))).join('');
      view.filters = withFilter(view.filters, { facet: below(2) ? 'rule' : 'tag', value, not: below(2) === 1 });
    }
    view.range = { kind: 'last', seconds: 1 + below(1_000_000) };
    try {
      check(view);
    } catch (error) {
      console.error(`SEED=${seed}`);
      throw error;
    }
  }
});

test('a bad address is an empty view', () => {
  assert.deepEqual(readView('/nowhere', 't=yesterday&open=x&unknown=1'), emptyView());
  assert.deepEqual(readView('/', 't=5..1'), emptyView());
});

test('a value is wanted, unwanted or neither', () => {
  const wanted = { facet: 'rule', value: 'a', not: false } as const;
  const once = toggleFilter([], wanted);
  assert.deepEqual(once, [wanted]);
  assert.deepEqual(toggleFilter(once, wanted), []);
  assert.deepEqual(toggleFilter(once, { ...wanted, not: true }), [{ ...wanted, not: true }]);
});
