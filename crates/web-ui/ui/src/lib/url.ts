// The state of the page as an address, so that every view can be linked and Back works.

import { DEFAULT_RANGE, type Range, readRange, writeRange } from './time';

export const FACETS = ['priority', 'rule', 'container', 'tag', 'proc', 'image', 'host', 'source'] as const;
export type Facet = (typeof FACETS)[number];

export type Filter = { facet: Facet; value: string; not: boolean };

export type View = {
  page: 'alerts' | 'health';
  range: Range;
  filters: Filter[];
  /** Searched text. */
  q: string;
  /** The open alert and about when it was. */
  open: { uuid: string; at: number } | null;
};

/** As many as the API takes, see web-api's limits. */
const FILTERS_MAX = 100;
const TEXT_MAX = 4096;

export function emptyView(): View {
  return { page: 'alerts', range: DEFAULT_RANGE, filters: [], q: '', open: null };
}

export function readView(path: string, search: string): View {
  const view = emptyView();
  if (path.replace(/\/+$/, '') === '/health') view.page = 'health';
  for (const [key, value] of new URLSearchParams(search)) {
    const not = key.startsWith('not.');
    const facet = FACETS.find((facet) => facet === (not ? key.slice(4) : key));
    if (facet) {
      if (view.filters.length < FILTERS_MAX) view.filters = withFilter(view.filters, { facet, value, not });
    } else if (key === 't') view.range = readRange(value) ?? DEFAULT_RANGE;
    else if (key === 'q') view.q = value.slice(0, TEXT_MAX);
    else if (key === 'open') view.open = readOpen(value);
  }
  return view;
}

export function writeView(view: View): string {
  const search = filterParameters(view.filters, view.q);
  const range = writeRange(view.range);
  if (range !== writeRange(DEFAULT_RANGE)) search.set('t', range);
  if (view.open) search.set('open', `${view.open.uuid}@${view.open.at}`);
  const text = search.toString();
  return (view.page === 'health' ? '/health' : '/') + (text ? `?${text}` : '');
}

/** The part that the API and the address share. */
export function filterParameters(filters: Filter[], q: string): URLSearchParams {
  const search = new URLSearchParams();
  for (const { facet, value, not } of filters) search.append(not ? `not.${facet}` : facet, value);
  if (q) search.set('q', q);
  return search;
}

/** Adds a filter; the same value is never both wanted and unwanted. */
export function withFilter(filters: Filter[], added: Filter): Filter[] {
  return [...withoutFilter(filters, added), added];
}

export function withoutFilter(filters: Filter[], removed: { facet: Facet; value: string }): Filter[] {
  return filters.filter(({ facet, value }) => facet !== removed.facet || value !== removed.value);
}

/** Clicking a value again takes it away. */
export function toggleFilter(filters: Filter[], wanted: Filter): Filter[] {
  const there = filters.some(
    ({ facet, value, not }) => facet === wanted.facet && value === wanted.value && not === wanted.not,
  );
  return there ? withoutFilter(filters, wanted) : withFilter(filters, wanted);
}

function readOpen(text: string): View['open'] {
  const match = /^([0-9a-f-]{36})@(\d{1,15})$/i.exec(text);
  return match?.[1] && match[2] ? { uuid: match[1].toLowerCase(), at: Number(match[2]) } : null;
}
