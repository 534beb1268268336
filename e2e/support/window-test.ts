import { test as base, expect } from './browser-test.ts';

/** What the page said and asked for since the test began. */
export interface Watched {
  /** Errors and warnings of the console, uncaught errors, violations of the content security policy. */
  readonly complaints: readonly string[];
  /** Every address that the page (and its WebSockets) asked for. */
  readonly requests: readonly string[];
  /** Nothing is noted any more: the host is about to go, and the window will say so. */
  readonly stop: () => void;
}

/**
 * The test of all window specs: whatever else it looks at, it fails when the window complained in its console or asked
 * anything but the host it was loaded from.
 */
export const test = base.extend<{ readonly watched: Watched }>({
  watched: [
    async ({ page }, provide) => {
      const complaints: string[] = [];
      const requests: string[] = [];
      let watching = true;
      const complain = (text: string) => {
        if (watching) complaints.push(text);
      };
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complain(message.text());
      });
      page.on('pageerror', (error) => complain(String(error)));
      page.on('request', (request) => requests.push(request.url()));
      page.on('websocket', (socket) => requests.push(socket.url()));
      await provide({
        complaints,
        requests,
        stop: () => {
          watching = false;
        },
      });
      expect(complaints, 'complaints of the window').toEqual([]);
      expect(foreignTo(requests), 'requests to anything but the own host').toEqual([]);
    },
    { auto: true },
  ],
  // A fixture ends before those that it asks for: the watch is over when the host goes.
  freshHost: async ({ freshHost, watched }, provide) => {
    await provide(freshHost);
    watched.stop();
  },
});

/** Requests that left the host that served the page. `data:` and `blob:` are the page's own. */
export function foreignTo(requests: readonly string[]): readonly string[] {
  const addresses = requests
    .map((request) => new URL(request))
    .filter(({ protocol }) => protocol !== 'data:' && protocol !== 'blob:');
  const [own] = addresses;
  return addresses.filter((address) => address.host !== own?.host || address.hostname !== '127.0.0.1').map(String);
}

export { expect };
