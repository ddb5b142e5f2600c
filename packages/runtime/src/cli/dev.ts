import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type ListeningRuntime, startRuntime } from '../runtime.ts';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { openOperatorHome } from '../store/operator/open-operator-home.ts';
import { readSecretBox } from '../store/secret-box.ts';
import type { Log } from '../telemetry/log.ts';
import {
  connectionFile,
  forgetAddress,
  forgetConnection,
  keptKey,
  readConnection,
  writeConnection,
} from './connection-file.ts';
import { dataOption } from './data-option.ts';
import { graceOption } from './grace-option.ts';
import { hostOption, portOption } from './listen-options.ts';
import { type MetricsOptions, metricsHostOption, metricsListener, metricsPortOption } from './metrics-options.ts';
import { endAtOnce, type Running, runUntilToldToEnd } from './process-life.ts';
import { processLog } from './process-log.ts';

interface DevOptions extends MetricsOptions {
  port: number;
  host: string;
  data: string;
  json: boolean;
  grace: number;
}

/** `runctl dev`. */
export function devCommand(): Command {
  return new Command('dev')
    .description('Run everything on this machine: API, scheduler and agents in one process, data in one folder.')
    .addOption(portOption())
    .addOption(hostOption('127.0.0.1'))
    .addOption(dataOption())
    .addOption(new Option('--json', 'print where it listens, and a new key, as one line of JSON').default(false))
    .addOption(graceOption(5))
    .addOption(metricsPortOption())
    .addOption(metricsHostOption())
    .action((options: DevOptions) => {
      const log = processLog('dev');
      return runUntilToldToEnd(options.grace * 1_000, log, () => dev(options, log));
    });
}

async function dev(options: DevOptions, log: Log): Promise<Running> {
  const folder = resolve(options.data);
  const startedAt = performance.now();
  const runtime = await startRuntime({
    folder,
    host: options.host,
    port: options.port,
    env: process.env,
    log,
    ...metricsListener(options),
    // A developer's own tools and model servers run on this machine.
    egressAllow: ['localhost', '127.0.0.0/8', '::1'],
    onDamage: endAtOnce,
  });
  const { url, newApiKey } = runtime;
  const isFound = await leaveConnection(folder, runtime);
  if (options.json) process.stdout.write(`${JSON.stringify({ url, apiKey: newApiKey, folder })}\n`);
  else {
    const tookMs = performance.now() - startedAt;
    const key = await keyTexts(folder, newApiKey, isFound);
    process.stdout.write(welcome({ url, key, folder, isFound, tookMs }));
  }
  return {
    tasksUnderWay: () => runtime.engine.running,
    stop: async (graceMs: number) => {
      if (isFound) forgetAddress(folder);
      await runtime.stop(graceMs);
    },
  };
}

/** Leaves in the folder how to reach the runtime, unless the key that is kept there is good no more. */
async function leaveConnection(folder: string, runtime: ListeningRuntime): Promise<boolean> {
  const { url, newApiKey } = runtime;
  const apiKey = newApiKey ?? keptKey(folder);
  if (apiKey === undefined) return false;
  const asked = new Request(new URL('/v1/whoami', url), { headers: { authorization: `Bearer ${apiKey}` } });
  if (newApiKey === undefined && (await runtime.fetch(asked)).status === 401) {
    forgetConnection(folder);
    return false;
  }
  writeConnection(folder, { url, apiKey });
  return true;
}

/** A key as a person is told of it, and as it stands in a line for a shell. */
interface KeyTexts {
  told: string;
  exported: string;
}

/** The key that was just made, where that of an earlier start is kept, or how to have another. */
async function keyTexts(folder: string, newApiKey: string | undefined, isFound: boolean): Promise<KeyTexts> {
  const file = connectionFile(folder);
  if (newApiKey !== undefined) return { told: `${newApiKey}   (kept in ${file})`, exported: newApiKey };
  if (!isFound) return { told: await adviceOnKeys(folder), exported: '<your key>' };
  return { told: `kept in ${file}`, exported: `"$(node -p ${quoted(`require(${JSON.stringify(file)}).apiKey`)})"` };
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Where to have a key from, where none is kept. The operator may have deleted the only tenant. */
async function adviceOnKeys(folder: string): Promise<string> {
  const home = await openOperatorHome({ folder }, readSecretBox(process.env));
  const command = commandName(process.env);
  const hasTenant = await new OperatorAccounts(home).hasTenant().finally(() => home.close());
  return hasTenant
    ? `none is kept here; \`${command} keys create\` makes another`
    : `none, since there is no tenant: \`${command} tenants create\` makes one, and its key`;
}

interface Started {
  url: string;
  key: KeyTexts;
  folder: string;
  /** Whether commands find its address and a key in the folder. */
  isFound: boolean;
  tookMs: number;
}

function welcome(started: Started): string {
  const command = commandName(process.env);
  return [
    `Runctl runs at ${started.url} (ready in ${Math.round(started.tookMs)} ms). Ctrl+C ends it; nothing is lost.\n`,
    `  data       ${started.folder}\n`,
    `  API key    ${started.key.told}\n`,
    `  docs       ${started.url}/v1/docs\n`,
    `\n  export RUNCTL_BASE_URL=${started.url} RUNCTL_API_KEY=${started.key.exported}\n`,
    started.isFound && needsNothing(started.folder)
      ? `\n  In this folder runctl needs neither; try: ${command} agents create --help\n`
      : '',
  ].join('');
}

/** How whoever started this would give another command: in a clone, without an installation, or with one. */
function commandName({ npm_command, npm_lifecycle_event, npm_package_name }: NodeJS.ProcessEnv): string {
  if (npm_package_name === 'runctl' && npm_lifecycle_event === 'dev') return 'npm run runctl --';
  return npm_command === 'exec' ? 'npx @runctl/runtime' : 'runctl';
}

/** Whether commands that are given here find this runtime by themselves. */
function needsNothing(folder: string): boolean {
  return folder === resolve('.runctl') && typeof readConnection(folder) === 'object';
}
