// What all screens share: who is logged in, and the view that the address names.

import { api, ApiError, type Session } from './api';
import { readView, type View, writeView } from './url';

class AppState {
  session = $state<Session | null>(null);
  /** Set when the first call failed. */
  failed = $state<ApiError | null>(null);
  /** Shown above the login. */
  notice = $state('');
  view = $state<View>(readView(location.pathname, location.search));

  constructor() {
    window.addEventListener('popstate', () => {
      this.view = readView(location.pathname, location.search);
    });
  }

  async load(): Promise<void> {
    try {
      this.failed = null;
      this.session = await api.session();
    } catch (error) {
      this.failed = error instanceof ApiError ? error : new ApiError(0, String(error), '');
    }
  }

  /** Goes to another view; `replace` for what is not worth a step back. */
  go(change: Partial<View>, replace = false): void {
    this.view = { ...this.view, ...change };
    const address = writeView(this.view);
    if (address === location.pathname + location.search) return;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
  }

  /** Looks whether the session still stands; the login shows when not. */
  async check(): Promise<void> {
    try {
      const session = await api.session();
      if (this.session?.user && !session.user) this.notice = 'Your session has ended. Log in again.';
      this.session = session;
    } catch {
      // Not reachable: the screens say so themselves.
    }
  }

  /** Tells a lost session from other errors. */
  refused(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.status !== 401) return false;
    void this.check();
    return true;
  }
}

export const app = new AppState();
