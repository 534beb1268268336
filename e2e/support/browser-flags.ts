/** No name is resolved and nothing is fetched: the tests must not depend on a network, and must not tell it anything. */
export const quietFlags: readonly string[] = [
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-breakpad',
  '--password-store=basic',
  '--test-type',
];
