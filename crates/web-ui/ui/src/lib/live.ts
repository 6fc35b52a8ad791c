// Follows new alerts. Reconnects by itself, resumes where it stopped, and notices a connection
// that died without a word. Hidden tabs hold no connection: over HTTP/1.1 a browser opens six to
// a host, and streams of forgotten tabs would leave none for the one that is looked at.

import type { Alert } from './api';

/** `asleep` while the tab is hidden. */
export type LiveState = 'connecting' | 'live' | 'lost' | 'asleep';

export type LiveEvents = {
  state: (state: LiveState) => void;
  alert: (alert: Alert) => void;
  /** The cursor to resume at where no alert arrived yet; empty when there is none. */
  newest: () => string;
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
    const after = cursor || events.newest();
    if (after) parameters.set('after', after);
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

  function rest() {
    clearTimeout(watchdog);
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  function look() {
    if (document.visibilityState === 'hidden') {
      rest();
      events.state('asleep');
    } else if (!source) {
      wait = RETRY_MS_MIN;
      open();
    }
  }

  events.state('connecting');
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    closed = true;
    document.removeEventListener('visibilitychange', look);
    rest();
  };
}
