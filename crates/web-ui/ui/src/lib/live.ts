// Follows new alerts. Reconnects by itself, resumes where it stopped, and notices a connection
// that died without a word.

import type { Alert } from './api';

export type LiveState = 'connecting' | 'live' | 'lost';

export type LiveEvents = {
  state: (state: LiveState) => void;
  alert: (alert: Alert) => void;
  /** Something was left out: load again. */
  gap: () => void;
  /** The session may have ended: find out. */
  refused: () => void;
};

/** The server gives a sign of life every 10 s. */
const SILENCE_MS = 25_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;

/** Opens the stream; the returned function closes it. */
export function follow(search: URLSearchParams, events: LiveEvents): () => void {
  let source: EventSource | null = null;
  let watchdog = 0;
  let retry = 0;
  let wait = RETRY_MS_MIN;
  let cursor = '';
  let closed = false;

  function open() {
    const parameters = new URLSearchParams(search);
    if (cursor) parameters.set('after', cursor);
    source = new EventSource(`/api/live?${parameters}`);
    alive();
    source.addEventListener('hello', () => {
      wait = RETRY_MS_MIN;
      events.state('live');
      alive();
    });
    source.addEventListener('ping', alive);
    source.addEventListener('alert', (event) => {
      alive();
      const alert = JSON.parse((event as MessageEvent<string>).data) as Alert;
      cursor = alert.cursor;
      events.alert(alert);
    });
    for (const name of ['lagged', 'gap']) {
      source.addEventListener(name, () => {
        alive();
        events.gap();
      });
    }
    source.addEventListener('bye', () => events.refused());
    source.onerror = () => {
      if (closed) return;
      events.state('lost');
      // The browser retries what broke off, but not what was refused.
      if (source?.readyState === EventSource.CLOSED) {
        events.refused();
        again();
      }
    };
  }

  function again() {
    source?.close();
    clearTimeout(retry);
    retry = window.setTimeout(open, wait);
    wait = Math.min(wait * 2, RETRY_MS_MAX);
  }

  function alive() {
    clearTimeout(watchdog);
    watchdog = window.setTimeout(() => {
      events.state('lost');
      again();
    }, SILENCE_MS);
  }

  events.state('connecting');
  open();
  return () => {
    closed = true;
    clearTimeout(watchdog);
    clearTimeout(retry);
    source?.close();
  };
}
