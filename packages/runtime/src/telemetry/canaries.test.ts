import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { type Exchange, startScriptedServer } from '@runctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HeardProcess, hearCommand } from '../heard-process.test-rig.ts';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.test-rig.ts';

/** Secrets that are planted; none of them has a shape that a filter could know, but the operator's key, which must. */
const canaries = {
  operatorKey: `rctl_${'Canary0Operator1'.repeat(2)}`,
  secretsKey: Buffer.from('canary-secrets-key-of-32-bytes-!').toString('base64'),
  modelKey: 'canary-model-key-5b1d8c',
  stripeKey: 'canary-stripe-key-0a9f3e',
  stripeWebhook: 'canary-stripe-webhook-77c2',
  metricsToken: 'canary-metrics-token-41ee90',
  collectorToken: 'canary-collector-token-9d3b',
  toolToken: 'canary-tool-token-c0ffee42',
};

let folder: string;
let receiver: OtlpReceiver;
let outside: Awaited<ReturnType<typeof startScriptedServer>>;
let process_: HeardProcess | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-canaries-'));
  receiver = await startOtlpReceiver();
  outside = await startScriptedServer(tellEverything);
});
afterEach(async () => {
  process_?.signal('SIGKILL');
  await process_?.exited;
  await outside.close();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A provider, a payment service or a tool that refuses, and repeats in its answer all that it was sent. */
function tellEverything({ request, response }: Exchange): void {
  const told = JSON.stringify({ url: request.url, headers: request.headers });
  response.writeHead(401, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message: `Refused: ${told}`, type: 'invalid_request_error' } }));
}

/** Throws, with secrets in the message, where nobody catches it. */
const mistake = `process.on('SIGUSR2', () => { throw new RangeError(\`lost \${JSON.stringify(process.env)}\`) })`;

async function start(): Promise<HeardProcess> {
  process_ = await hearCommand(['dev', '--port', '0', '--data', folder, '--json'], {
    within: ['--import', `data:text/javascript,${encodeURIComponent(mistake)}`],
    env: {
      RUNCTL_LOG_LEVEL: 'debug',
      RUNCTL_LOG_FORMAT: 'json',
      RUNCTL_OPERATOR_KEY: canaries.operatorKey,
      RUNCTL_SECRETS_KEY: canaries.secretsKey,
      OPENAI_COMPATIBLE_API_KEY: canaries.modelKey,
      OPENAI_COMPATIBLE_BASE_URL: `${outside.url}/v1`,
      RUNCTL_STRIPE_API_KEY: canaries.stripeKey,
      RUNCTL_STRIPE_WEBHOOK_SECRET: canaries.stripeWebhook,
      RUNCTL_STRIPE_PRICE: 'price_1',
      RUNCTL_STRIPE_URL: outside.url,
      RUNCTL_RETURN_ORIGINS: 'https://app.example.com',
      RUNCTL_METRICS_TOKEN: canaries.metricsToken,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${canaries.collectorToken}`,
    },
  });
  return process_;
}

/** A client, and the text of every answer that it got but those that hold a new key on purpose. */
function recordingClient(url: string, apiKey: string) {
  const answers: string[] = [];
  const client = new Runctl({
    baseUrl: url,
    apiKey,
    retries: 0,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (!/\/(api-keys|webhooks)$/.test(String(input instanceof Request ? input.url : input))) {
        answers.push(`${[...response.headers].join('\n')}\n${await response.clone().text()}`);
      }
      return response;
    },
  });
  return { client, answers };
}

/** A task that fails at its model, one whose tool fails, a payment that is refused, a key, a stream, and bad keys. */
async function goThrough(url: string, apiKey: string) {
  const { client, answers } = recordingClient(url, apiKey);
  const base = { type: 'reactive', systemPrompt: 'Work.' } as const;
  const model = { modelProvider: 'openai-compatible', model: 'some' } as const;
  const failing = await client.agents.create({ ...base, ...model, name: 'No model' });
  const tool = {
    name: 'lookup',
    description: 'Looks up.',
    inputSchema: { type: 'object' },
    enabled: true,
    invokeUrl: `${outside.url}/tool?token=${canaries.toolToken}`,
  };
  const rules = [
    { when: { step: 1 }, reply: { toolCalls: [{ name: 'lookup', arguments: {} }] } },
    { when: {}, reply: { text: 'done' } },
  ];
  const simulated = { modelProvider: 'simulated', model: 'scripted', metadata: { simulation: { rules } } };
  const calling = await client.agents.create({ ...base, ...simulated, name: 'With a tool', tools: [tool] });
  const webhook = await client.tenants.webhooks.create('current', {
    url: `${outside.url}/hook`,
    events: ['task.failed'],
  });
  const statuses: string[] = [];
  for (const { id } of [failing, calling]) {
    await client.agents.deploy(id, { replicas: 1 });
    const task = await client.tasks.create({ agentId: id, input: { payload: { message: 'Go' } } });
    statuses.push((await client.tasks.waitForCompletion(task.id)).status);
    await client.tasks.getTrace(task.id);
  }
  const created = await client.tenants.apiKeys.create('current', { name: 'another', scopes: ['tasks'] });
  const returnUrl = 'https://app.example.com/billing';
  await client.tenants.createPortalSession('current', { returnUrl }).catch(() => undefined);
  for (const key of [canaries.operatorKey, canaries.modelKey, `${apiKey.slice(0, -1)}x`]) {
    const authorization = `Bearer ${key}`;
    answers.push(await (await fetch(`${url}/v1/agents?limit=1&q=${key}`, { headers: { authorization } })).text());
  }
  return { answers, statuses, secretsMade: [created.key, webhook.secret] };
}

it('keeps every planted secret out of logs, spans, metrics, answers and the database', async () => {
  const runtime = await start();
  const [, url = '', apiKey = ''] = await runtime.says(/"url":"([^"]+)","apiKey":"([^"]+)"/);
  const { answers, statuses, secretsMade } = await goThrough(url, apiKey);
  expect(statuses).toEqual(['failed', 'completed']);
  const authorization = `Bearer ${canaries.metricsToken}`;
  const read = async () => (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
  while (!(await read()).includes('runctl_webhook_deliveries_total{')) await new Promise((go) => setTimeout(go, 50));
  const metrics = await read();
  runtime.signal('SIGUSR2');
  expect(await runtime.exited).toBe(1);

  const files = readdirSync(folder).filter((name) => name.startsWith('runctl.db'));
  const places = {
    log: runtime.errors,
    spans: receiver.bodies.join('\n'),
    metrics,
    answers: answers.join('\n'),
    database: files.map((name) => readFileSync(join(folder, name), 'latin1')).join('\n'),
  };
  // Each place holds something, or nothing would be shown.
  expect(places.log).toContain('uncaught exception');
  expect(places.spans).toContain('invoke_agent');
  expect(places.database).toContain('With a tool');
  expect(metrics).toContain('runctl_task_runs_total{outcome="failed"} 1');
  expect(metrics).toContain('runctl_webhook_deliveries_total{outcome="');
  const planted = { ...canaries, apiKey, ...Object.fromEntries(secretsMade.map((key, at) => [`made ${at}`, key])) };
  const hits = Object.entries(places).flatMap(([place, text]) =>
    Object.entries(planted)
      // What a tenant wrote into its own agent is shown to it, and kept.
      .filter(([name]) => name !== 'toolToken' || (place !== 'answers' && place !== 'database'))
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => `${name} in ${place}`),
  );
  expect(hits).toEqual([]);
});
