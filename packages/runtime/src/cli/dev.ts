import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ListenFailure } from '../http/server.ts';
import { startRuntime } from '../runtime.ts';
import { StoreError } from '../store/store-error.ts';
import { CommandFailure } from './command-failure.ts';
import { dataOption } from './data-option.ts';
import { keepHeapSmall } from './small-heap.ts';

interface DevOptions {
  port: number;
  host: string;
  data: string;
  json: boolean;
}

/** What tasks that are under way get to finish their step when the process is told to end, in milliseconds. */
const graceMs = 5_000;

/** `runctl dev`. */
export function devCommand(): Command {
  return new Command('dev')
    .description('Run everything on this machine: API, scheduler and agents in one process, data in one folder.')
    .addOption(
      new Option('-p, --port <port>', 'port to listen on; 0 takes a free one')
        .env('RUNCTL_PORT')
        .default(4700)
        .argParser(parsePort),
    )
    .addOption(new Option('--host <address>', 'address to listen on').env('RUNCTL_HOST').default('127.0.0.1'))
    .addOption(dataOption())
    .addOption(new Option('--json', 'print where it listens, and a new key, as one line of JSON').default(false))
    .action(dev);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return port;
}

async function dev(options: DevOptions): Promise<void> {
  keepHeapSmall();
  const folder = resolve(options.data);
  const startedAt = performance.now();
  const runtime = await startRuntime({
    folder,
    host: options.host,
    port: options.port,
    env: process.env,
    // A developer's own tools and model servers run on this machine.
    egressAllow: ['localhost', '127.0.0.0/8', '::1'],
    onError: (error, { taskId }) => process.stderr.write(`runctl: task ${taskId}: ${describe(error)}\n`),
  }).catch((error: unknown) => {
    if (error instanceof StoreError || error instanceof ListenFailure) throw new CommandFailure(error.message);
    throw error;
  });
  const { url, newApiKey } = runtime;
  if (options.json) process.stdout.write(`${JSON.stringify({ url, apiKey: newApiKey, folder })}\n`);
  else process.stdout.write(welcome({ url, newApiKey, folder, tookMs: performance.now() - startedAt }));
  await untilToldToEnd();
  await runtime.stop(graceMs);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function welcome(started: { url: string; newApiKey: string | undefined; folder: string; tookMs: number }): string {
  const key =
    started.newApiKey === undefined
      ? '  API key    the one that was shown at the first start; `runctl keys create` makes another\n'
      : `  API key    ${started.newApiKey}   (shown once)\n`;
  const exported = started.newApiKey ?? '<your key>';
  return [
    `Runctl runs at ${started.url} (ready in ${Math.round(started.tookMs)} ms). Ctrl+C ends it; nothing is lost.\n`,
    `  data       ${started.folder}\n`,
    key,
    `\n  export RUNCTL_BASE_URL=${started.url} RUNCTL_API_KEY=${exported}\n`,
  ].join('');
}

/** A second signal ends the process at once; what was committed stays. */
function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}
