// The page in a real browser, against a running instance.
//
//   QUAYWATCH_URL       where the page is, such as http://127.0.0.1:2802
//   QUAYWATCH_USER, QUAYWATCH_PASSWORD   a user that exists; or
//   QUAYWATCH_SETUP_CODE                 the one-time code: the test makes that user with it
//   QUAYWATCH_INGEST    where Falco-shaped alerts are posted, such as http://127.0.0.1:2801/
//   QUAYWATCH_INGEST_AUTHORIZATION       its Authorization header, if it wants one
//   QUAYWATCH_CHROMIUM  the browser (/usr/bin/chromium)
//   QUAYWATCH_SCREENSHOTS                a folder for pictures of what was seen

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const URL_ = (process.env.QUAYWATCH_URL ?? 'http://127.0.0.1:2802').replace(/\/$/, '');
const INGEST = process.env.QUAYWATCH_INGEST ?? 'http://127.0.0.1:2801/';
const USER = process.env.QUAYWATCH_USER ?? 'admin';
const PASSWORD = process.env.QUAYWATCH_PASSWORD ?? '';
const PICTURES = process.env.QUAYWATCH_SCREENSHOTS ?? '';
const MARKUP = '<img src=x onerror=alert(1)>';
// Names of this run, so that a store with other alerts in it does not matter.
const RUN = `e2e-${Date.now().toString(36)}`;

let browser;
/** What no page may ever do: open a dialog, break the policy, fail, or ask another server. */
const offences = [];

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.QUAYWATCH_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  if (PICTURES) await mkdir(PICTURES, { recursive: true });
});
after(() => browser?.close());

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('dialog', (dialog) => {
    offences.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // The browser itself logs each 4xx; those that belong to the test are expected.
    if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) offences.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => offences.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${URL_}/`) && !request.url().startsWith('data:')) offences.push(`foreign request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return page;
}

async function loggedIn(options) {
  const page = await open(options);
  await page.goto(URL_);
  await page.waitForSelector('form');
  if (await page.getByRole('heading', { name: 'Create the first admin' }).isVisible()) {
    await page.getByLabel('One-time code').fill(process.env.QUAYWATCH_SETUP_CODE ?? '');
    await page.getByLabel('Name').fill(USER);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Password again').fill(PASSWORD);
  } else {
    await page.getByLabel('Name').fill(USER);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  }
  await page.locator('button[type=submit]').click();
  await page.locator('nav').waitFor();
  return page;
}

async function picture(page, name) {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

/** Posts an alert of Falco's shape. */
async function fire(alert) {
  const headers = { 'content-type': 'application/json' };
  if (process.env.QUAYWATCH_INGEST_AUTHORIZATION) headers.authorization = process.env.QUAYWATCH_INGEST_AUTHORIZATION;
  const { fields, ...rest } = alert;
  const body = {
    time: new Date().toISOString(), priority: 'Warning', source: 'syscall', hostname: 'e2e', rule: RUN,
    output: `12:00:00.000000000: Warning ${RUN} happened`, tags: ['T1059', 'container', 'mitre_execution'], ...rest,
    output_fields: { 'container.name': `${RUN}-box`, 'proc.name': 'sh', 'proc.cmdline': 'sh -c id', 'proc.pname': 'node', 'proc.aname[2]': 'shim', ...fields },
  };
  const response = await fetch(INGEST, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.text());
}

const noSidewaysScroll = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

test('a wrong password is refused and nothing is shown', async () => {
  const page = await open();
  const answer = await page.request.get(`${URL_}/api/alerts`);
  assert.equal(answer.status(), 401);
  if (process.env.QUAYWATCH_SETUP_CODE) return;
  await page.goto(URL_);
  await page.getByLabel('Name').fill(USER);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.locator('button[type=submit]').click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('nav').count(), 0);
  await page.context().close();
});

test('an alert appears live, can be filtered by, opened, and linked', async () => {
  const page = await loggedIn();
  await page.locator('[data-live=live]').waitFor();
  await fire({});
  const row = page.locator('button.row', { hasText: RUN }).first();
  await row.waitFor();
  await picture(page, 'alerts');

  // A store with many rules shows the most frequent; the search narrows them down.
  await page.getByLabel('Search in alerts').fill(RUN);
  await page.locator('li[data-facet=rule] button.value', { hasText: RUN }).click();
  await page.waitForURL((url) => url.searchParams.get('rule') === RUN);
  await page.locator('[data-total="1"]').waitFor();
  assert.equal(await page.locator('button.row').count(), 1);

  await fire({ priority: 'Critical', fields: { 'proc.name': 'curl' } });
  await page.locator('button.row >> nth=1').waitFor();
  await page.locator('[data-total="2"]').waitFor();
  await page.locator('li[data-facet=priority] button.value', { hasText: 'Critical' }).click({ modifiers: ['Shift'] });
  await page.waitForURL((url) => url.searchParams.get('not.priority') === 'Critical');
  await page.locator('[data-total="1"]').waitFor();

  await page.locator('button.row').first().click();
  const detail = page.locator('aside.detail');
  assert.match(await detail.locator('.chain').innerText(), /shim\s+node\s+sh/);
  assert.match(await detail.innerText(), /Command and Scripting Interpreter/);
  await detail.getByText('Raw JSON').click();
  assert.match(await detail.locator('pre').innerText(), /"container.name": ".*-box"/);
  await picture(page, 'detail');

  const link = page.url();
  await page.goto(link);
  await page.locator('aside.detail .chain').waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });
  await page.context().close();
});

test('paused alerts wait and are counted', async () => {
  const page = await loggedIn();
  // Only this test's alerts, so that others do not count as new.
  await page.goto(`${URL_}/?q=${RUN}-paused`);
  await page.locator('[data-live=live]').click();
  await fire({ rule: `${RUN}-paused` });
  await page.locator('button.new').waitFor();
  assert.equal(await page.locator('button.row', { hasText: `${RUN}-paused` }).count(), 0);
  await page.locator('button.new').click();
  await page.locator('button.row', { hasText: `${RUN}-paused` }).waitFor();
  await page.context().close();
});

test('hostile strings are text', async () => {
  const page = await loggedIn();
  await page.locator('[data-live=live]').waitFor();
  const name = `${MARKUP}\u202egpj.\u001b[31m${'A'.repeat(3000)}`;
  await fire({
    rule: `${RUN}-hostile ${MARKUP}`, output: `12:00:00.000000000: Warning ${name}`, hostname: MARKUP, tags: [MARKUP, 'mitre_<b>x</b>'],
    fields: { 'proc.name': MARKUP, 'proc.cmdline': name, 'proc.pname': '"><script>alert(2)</script>', 'container.name': '\u202eevil', [MARKUP]: MARKUP },
  });
  await page.locator('button.row', { hasText: `${RUN}-hostile` }).first().click();
  const detail = page.locator('aside.detail');
  await detail.locator('.chain').waitFor();
  await detail.getByText('Raw JSON').click();
  assert.ok((await detail.innerText()).includes(MARKUP), 'shown as it is');
  assert.ok((await detail.locator('.escaped', { hasText: 'U+202E' }).count()) > 0, 'the override is visible');
  assert.ok((await detail.locator('.escaped', { hasText: '\\e' }).count()) > 0, 'the escape is visible');
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.locator('body script').count(), 0);
  assert.ok(!(await page.locator('body').innerText()).includes('\u202e'), 'no override reaches the screen');
  await picture(page, 'hostile');
  // As a filter and in the address too.
  await detail.getByRole('button', { name: /^Show only/ }).first().click();
  await page.reload();
  await page.locator('.chip', { hasText: 'onerror' }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await page.context().close();
});

test('health shows the pipeline', async () => {
  const page = await loggedIn();
  await page.locator('nav').getByText('Health').click();
  await page.waitForURL(/\/health$/);
  await page.locator('main h1').waitFor();
  assert.ok(!(await page.locator('main').innerText()).includes('[object Object]'));
  await picture(page, 'health');
  await page.context().close();
});

// What a hub says that knows no totals, and one whose sensor is gone.
const BARE = {
  status: 'ok', problems: [],
  hops: [
    { name: 'kernel', status: 'ok', counts: { events: 90412 }, losses: { 'ring buffer full': 0 } },
    { name: 'rules', status: 'ok', counts: { rules: 27, alerts: 12 } },
    { name: 'spool', status: 'ok', counts: { waiting: 0 } },
    { name: 'ingest', status: 'ok', counts: { alerts: 12, duplicates: 0 }, losses: { refused: 0 } },
    { name: 'queue', status: 'ok', counts: { waiting: 12, bytes: 40960 } },
    { name: 'store', status: 'ok', counts: { lines: 12, segments: 1, bytes: 0 } },
  ],
  queues: [{ name: 'store', depth: 0, state: 'ok' }, { name: 'webhook', depth: 12, state: 'retrying' }],
  disk: { path: 'store', store_bytes: 48211004, free_bytes: 81220000000 },
  containers: [{ id: '3f1c9a7be204', name: 'n8n', image: 'n8nio/n8n:1.70.2', labels: { 'com.docker.compose.project': 'auto' }, state: 'docker running' }],
  sensors: [{ name: '0f8fad5b', hostname: 'nas', connected: true, last_seen_ms: 140, pid: 312, resumed: false, counters: { sensor_read_events_total: 90412 } }],
  rules: { enabled: 27, files: ['built in'], error: '', loaded_unix_s: 1763880000 },
  versions: { hub: '0.1.0', sensor: '0.1.0' },
};
const GONE = {
  ...BARE, status: 'degraded', problems: ['no sensor is connected'],
  hops: [{ name: 'kernel', status: 'down', note: 'no sensor is connected' }, ...BARE.hops.slice(3)],
  disk: { path: 'store', store_bytes: 0, free_bytes: null }, containers: null, sensors: [], rules: null, versions: { hub: '0.1.0', sensor: null },
};

test('health without totals, and without a sensor', async () => {
  for (const [name, json, width] of [['bare', BARE, 1440], ['bare-phone', BARE, 390], ['gone', GONE, 1440]]) {
    const page = await loggedIn({ viewport: { width, height: 1100 } });
    await page.route('**/api/health', (route) => route.fulfill({ json }));
    await page.goto(`${URL_}/health`);
    await page.getByRole('heading', { name: 'Disk' }).waitFor();
    const text = await page.locator('main').innerText();
    assert.doesNotMatch(text, /NaN|undefined|null|Infinity|\[object/, name);
    assert.equal(await page.locator('meter').count(), 0, 'no bar without a total');
    assert.ok(!text.includes('Behind'), 'no column without values');
    if (json === BARE) assert.match(text, /Free\s+76 GiB/);
    if (json === BARE) assert.match(text, /heard just now/);
    assert.ok(await noSidewaysScroll(page), name);
    await picture(page, `health-${name}`);
    await page.context().close();
  }
});

test('the keyboard is enough', async () => {
  const page = await loggedIn();
  await fire({ rule: `${RUN}-keys` });
  await page.keyboard.press('/');
  await page.keyboard.type(`${RUN}-keys`);
  await page.keyboard.press('Enter');
  await page.locator('[data-total="1"]').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('aside.detail').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('aside.detail').waitFor({ state: 'detached' });
  await page.context().close();
});

test('a phone shows everything without sideways scrolling', async () => {
  const page = await loggedIn({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await page.locator('[data-live=live]').waitFor();
  await fire({ fields: { 'proc.name': 'x'.repeat(400), 'container.name': 'y'.repeat(300) } });
  await page.locator('button.row', { hasText: RUN }).first().waitFor();
  assert.ok(await noSidewaysScroll(page), 'alerts');
  await picture(page, 'phone-alerts');
  await page.locator('button.row', { hasText: RUN }).first().click();
  await page.locator('aside.detail .chain').waitFor();
  assert.ok(await noSidewaysScroll(page), 'detail');
  await picture(page, 'phone-detail');
  await page.goto(`${URL_}/health`);
  await page.locator('main h1').waitFor();
  assert.ok(await noSidewaysScroll(page), 'health');
  await picture(page, 'phone-health');
  await page.context().close();
});

/** Headless tabs always count as visible: says otherwise. */
async function hide(page, hidden) {
  await page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden ? 'hidden' : 'visible');
}

test('a hidden tab holds no stream and misses nothing', async () => {
  const page = await loggedIn();
  await page.goto(`${URL_}/?q=${RUN}-hidden`);
  const live = page.locator('[data-live]');
  const row = page.locator('button.row', { hasText: `${RUN}-hidden` });
  await page.locator('[data-live=live]').waitFor();
  await fire({ rule: `${RUN}-hidden` });
  await row.first().waitFor();

  await hide(page, true);
  await page.locator('[data-live=asleep]').waitFor();
  await fire({ rule: `${RUN}-hidden` });
  await hide(page, false);
  await page.locator('[data-live=live]').waitFor();
  await row.nth(1).waitFor();

  // A list that is held still keeps what it shows, and counts what came.
  await live.click();
  await hide(page, true);
  await fire({ rule: `${RUN}-hidden` });
  await hide(page, false);
  await page.locator('button.new', { hasText: '1 new' }).waitFor();
  assert.equal(await row.count(), 2);
  await page.context().close();
});

test('many forgotten tabs leave a connection for the one looked at', async () => {
  const page = await loggedIn();
  for (let index = 0; index < 8; index += 1) {
    const other = await page.context().newPage();
    await other.goto(URL_);
    await other.locator('[data-live=live]').waitFor();
    await hide(other, true);
    await other.locator('[data-live=asleep]').waitFor();
  }
  await page.reload();
  await page.locator('[data-live=live]').waitFor();
  await page.context().close();
});

test('logging out ends the session', async () => {
  const page = await loggedIn();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.equal((await page.request.get(`${URL_}/api/alerts`)).status(), 401);
  await page.context().close();
});

test('nothing offended', () => {
  assert.deepEqual(offences, []);
});
