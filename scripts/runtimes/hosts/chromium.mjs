import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { endProcessTree, trackProcess } from '../../process/process-tree.mjs';
import { bundleEntry } from './bundle-entry.mjs';

const withinMs = 60_000;
const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const quiet = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage';
const offline = '--disable-background-networking --disable-component-update --disable-sync --disable-extensions';

/**
 * Opens a page that runs the smoke program and posts what came of it.
 *
 * @param {import('../hosts.mjs').Place} place
 * @returns {Promise<import('../hosts.mjs').SmokeResults | { skipped: string }>}
 */
export async function runInChromium({ project, url, key }) {
  const executable = places.find((path) => path && existsSync(path));
  if (!executable) return { skipped: 'this machine has no Chromium; set CHROMIUM to its path' };
  await bundleEntry(project, 'page-entry.mjs', 'page.js', ['browser']);
  const { server, results } = await servePage(join(project, 'page.js'), url);
  const profile = join(project, 'chromium');
  mkdirSync(profile, { recursive: true });
  const page = `http://127.0.0.1:${server.address().port}/?${new URLSearchParams({ apiKey: key })}`;
  const flags = [...quiet.split(' '), ...offline.split(' '), `--user-data-dir=${profile}`, '--remote-debugging-port=0'];
  const child = spawn(executable, [...flags, page], { stdio: 'ignore', detached: process.platform !== 'win32' });
  const untrack = trackProcess(child);
  const tooLate = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
  try {
    return (await Promise.race([results, tooLate])) ?? [{ name: 'start', outcome: 'the page posted no results' }];
  } finally {
    endProcessTree(child);
    untrack();
    server.closeAllConnections();
    server.close();
  }
}

/** One origin for the page and for the API, so that the browser's rules for other origins do not come in. */
async function servePage(script, target) {
  let posted;
  const results = new Promise((resolve) => {
    posted = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.url === '/results') posted(JSON.parse(await textOf(request)));
    if (request.url.startsWith('/v1/')) await handOn(request, response, target);
    else if (request.url === '/page.js')
      response.setHeader('content-type', 'text/javascript').end(readFileSync(script));
    else response.setHeader('content-type', 'text/html').end('<script type="module" src="/page.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, results };
}

async function handOn(request, response, target) {
  const { host, connection, origin, referer, ...headers } = request.headers;
  const hasBody = !['GET', 'HEAD'].includes(request.method);
  const body = hasBody ? await textOf(request) : undefined;
  const answer = await fetch(new URL(request.url, target), { method: request.method, headers, body }).catch(
    () => undefined,
  );
  if (!answer) return response.writeHead(502).end();
  const kept = [...answer.headers].filter(([name]) => !['content-encoding', 'content-length'].includes(name));
  response.writeHead(answer.status, Object.fromEntries(kept));
  Readable.fromWeb(answer.body ?? new ReadableStream({ start: (controller) => controller.close() })).pipe(response);
}

async function textOf(request) {
  return Buffer.concat(await request.toArray()).toString();
}
