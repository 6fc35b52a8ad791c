// The alerts view's data: the list, the summary, and what arrives live.

import { api, ApiError, type Alert, msOf, type Summary } from './api';
import { app } from './app.svelte';
import { follow, type LiveState } from './live';
import { type Window, windowOf } from './time';
import { type View, filterParameters } from './url';

/** Rows kept in the list. Beyond it the newest stay, and "Load more" brings the rest back. */
const ROWS_MAX = 2000;
const PAGE = 100;
/** The summary is asked for again at most this often while alerts arrive. */
const SUMMARY_EVERY_MS = 3000;
/** And this often while none do, so that the window moves on. */
const SUMMARY_IDLE_MS = 30_000;

export class Alerts {
  rows = $state.raw<Alert[]>([]);
  /** Arrived while the list is held still. */
  waiting = $state.raw<Alert[]>([]);
  waitingMissed = $state(false);
  next = $state<string | null>(null);
  summary = $state.raw<Summary | null>(null);
  window = $state.raw<Window>({ from: 0, to: 1, buckets: 1 });
  loading = $state(true);
  loadingMore = $state(false);
  error = $state.raw<ApiError | null>(null);
  partial = $state(false);
  live = $state<LiveState | 'off'>('off');
  paused = $state(false);
  /** The list is scrolled down: new rows would move it under the reader. */
  held = $state(false);
  /** UUIDs that arrived a moment ago, to be highlighted. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  bucketsMax = 72;

  #abort = new AbortController();
  #search = new URLSearchParams();
  #view: View | null = null;
  #unfollow: (() => void) | null = null;
  #summaryTimer = 0;
  #summaryAt = 0;
  #known = new Set<string>();

  /** Loads everything for a view and follows it; the returned function stops. */
  start(view: View): () => void {
    this.#view = view;
    this.#search = filterParameters(view.filters, view.q);
    this.#abort = new AbortController();
    this.rows = [];
    this.waiting = [];
    this.waitingMissed = false;
    this.#known.clear();
    void this.reload();
    if (view.range.kind === 'last') this.#follow();
    else this.live = 'off';
    return () => {
      this.#abort.abort();
      this.#unfollow?.();
      this.#unfollow = null;
      clearTimeout(this.#summaryTimer);
    };
  }

  async reload(): Promise<void> {
    const { signal } = this.#abort;
    this.loading = true;
    this.error = null;
    const window = this.#moveWindow();
    try {
      const parameters = this.#parameters(window);
      parameters.set('limit', String(PAGE));
      const [page] = await Promise.all([api.alerts(parameters, signal), this.#loadSummary()]);
      if (signal.aborted) return;
      // What arrived live while this was under way stays.
      const listed = new Set(page.alerts.map(({ uuid }) => uuid));
      const newer = this.rows.filter(({ uuid, time_ns }) => !listed.has(uuid) && time_ns >= (page.alerts[0]?.time_ns ?? ''));
      this.rows = [...newer, ...page.alerts];
      for (const { uuid } of this.rows) this.#known.add(uuid);
      this.next = page.next;
      this.partial = page.partial;
      this.waiting = [];
      this.waitingMissed = false;
    } catch (error) {
      this.#failed(error, signal);
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }

  async loadMore(): Promise<void> {
    if (!this.next || this.loadingMore) return;
    const { signal } = this.#abort;
    this.loadingMore = true;
    try {
      const parameters = this.#parameters(this.window);
      parameters.set('limit', String(PAGE));
      parameters.set('before', this.next);
      const page = await api.alerts(parameters, signal);
      if (signal.aborted) return;
      const added = page.alerts.filter(({ uuid }) => !this.#known.has(uuid));
      for (const { uuid } of added) this.#known.add(uuid);
      this.rows = [...this.rows, ...added];
      this.next = page.next;
    } catch (error) {
      this.#failed(error, signal);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Puts what waited on top. */
  showWaiting(): void {
    if (this.waitingMissed) void this.reload();
    else this.#prepend(this.waiting);
    this.waiting = [];
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.showWaiting();
  }

  #follow(): void {
    this.#unfollow = follow(this.#search, {
      state: (state) => {
        const before = this.live;
        this.live = state;
        if (state !== 'live') return;
        // The stream resumes by itself; loading again also shows what it could not know of.
        if (before === 'lost') this.#gap();
        else if (before === 'asleep') this.#woken();
      },
      alert: (alert) => this.#arrived(alert),
      newest: () => this.rows[0]?.cursor ?? '',
      gap: () => this.#gap(),
      refused: () => void app.check(),
    });
    this.#summarySoon(SUMMARY_IDLE_MS);
  }

  /** The tab is looked at again. A list that is held still gets what was missed from the stream. */
  #woken(): void {
    if (this.paused || this.held) {
      if (this.rows.length === 0) this.waitingMissed = true;
      this.#summarySoon(0);
    } else {
      void this.reload();
    }
  }

  #gap(): void {
    this.waitingMissed = true;
    if (!this.paused && !this.held) void this.reload();
  }

  #arrived(alert: Alert): void {
    if (this.#known.has(alert.uuid)) return;
    this.#known.add(alert.uuid);
    if (this.paused || this.held) {
      this.waiting = [alert, ...this.waiting].slice(0, ROWS_MAX);
    } else {
      this.#prepend([alert]);
    }
    if (!this.paused) this.#summarySoon(0);
  }

  #prepend(alerts: Alert[]): void {
    if (alerts.length === 0) return;
    // Alerts may be stored in another order than they happened.
    const rows = [...alerts, ...this.rows];
    if (alerts.some((alert) => alert.time_ns < (this.rows[0]?.time_ns ?? ''))) {
      rows.sort((a, b) => (a.time_ns < b.time_ns ? 1 : a.time_ns > b.time_ns ? -1 : 0));
    }
    if (rows.length > ROWS_MAX) {
      for (const { uuid } of rows.splice(ROWS_MAX)) this.#known.delete(uuid);
      this.next = rows[rows.length - 1]?.cursor ?? null;
    }
    this.rows = rows;
    this.fresh = new Set(alerts.map(({ uuid }) => uuid));
  }

  #summarySoon(wait: number): void {
    if (wait === 0) wait = Math.max(0, this.#summaryAt + SUMMARY_EVERY_MS - Date.now());
    clearTimeout(this.#summaryTimer);
    this.#summaryTimer = window.setTimeout(() => {
      // A hidden tab counts again when it is looked at.
      if (document.visibilityState === 'visible') {
        if (!this.paused) this.#moveWindow();
        void this.#loadSummary().catch((error: unknown) => app.refused(error));
      }
      this.#summarySoon(SUMMARY_IDLE_MS);
    }, wait);
  }

  async #loadSummary(): Promise<void> {
    const { signal } = this.#abort;
    this.#summaryAt = Date.now();
    const parameters = this.#parameters(this.window);
    parameters.set('buckets', String(this.window.buckets));
    const summary = await api.summary(parameters, signal);
    if (!signal.aborted) this.summary = summary;
  }

  #moveWindow(): Window {
    if (this.#view) this.window = windowOf(this.#view.range, Date.now(), this.bucketsMax);
    return this.window;
  }

  #parameters(window: Window): URLSearchParams {
    const parameters = new URLSearchParams(this.#search);
    parameters.set('from', String(window.from));
    parameters.set('to', String(window.to));
    return parameters;
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted || app.refused(error)) return;
    this.error = error instanceof ApiError ? error : new ApiError(0, String(error), '');
  }
}

/** When an alert happened, in milliseconds. */
export function timeOf(alert: Alert): number {
  return msOf(alert.time_ns);
}
