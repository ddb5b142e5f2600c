import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { expect, test } from 'vitest';
import { createRuntime } from './runtime.ts';
import type { StepRow } from './store/schema.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import { createLog } from './telemetry/log.ts';

/** A model call that cost a dollar. */
function dearStep(tenantId: string, taskId: string): StepRow {
  const now = Date.now();
  const model = JSON.stringify({ provider: 'openai', model: 'gpt', finishReason: 'stop', simulated: false });
  const texts = { entry: '{}', input: 'null', output: '"x"', error: null, model, tool: null, child_task_id: null };
  const tokens = {
    input_tokens: 1,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 1,
    reasoning_tokens: 0,
  };
  const name = { task_id: taskId, step: 1, tenant_id: tenantId, kind: 'model' as const, name: 'gpt' };
  return {
    ...name,
    status: 'completed',
    ...texts,
    ...tokens,
    cost_microusd: 1_000_000,
    started_at: now,
    finished_at: now,
  };
}

test('without a mail server a runtime on a folder writes mails as files and says so in the log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-mail-'));
  let logged = '';
  const write = (lines: string) => {
    logged += lines;
  };
  const log = createLog({ level: 'info', format: 'text', write, redact: (text) => text });
  let runtime = await createRuntime({ folder, log });
  const apiKey = runtime.newApiKey ?? '';
  const clientOf = ({ fetch }: typeof runtime) =>
    new Runctl({ apiKey, baseUrl: 'http://runctl.test', fetch: (input, init) => fetch(new Request(input, init)) });
  const client = clientOf(runtime);
  const { tenantId } = await client.tenants.whoami();
  const agent = await client.agents.create({
    name: 'Echo',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: 'Repeat.',
  });
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: {} } });
  await client.tenants.setSpendLimit('current', { amount: 1 });
  await client.tenants.updateNotificationPreferences('current', {
    emailEnabled: true,
    emailRecipients: ['ann@example.com'],
    thresholds: [100],
  });
  await runtime.stop();
  const store = openSqliteStore({ folder });
  await store.write(({ query }) => query.insertInto('steps').values(dearStep(tenantId, task.id)).execute());
  await store.close();

  runtime = await createRuntime({ folder, log });
  const outbox = join(folder, 'outbox');
  // A mail that is still being written has another name.
  const mails = () => (existsSync(outbox) ? readdirSync(outbox) : []).filter((name) => name.endsWith('.eml'));
  await expect.poll(mails).toHaveLength(1);
  const [file = ''] = mails();
  expect(readFileSync(join(outbox, file), 'utf8')).toContain('100 % of its spend limit is reached');
  await runtime.stop();
  log.flush();
  expect(logged).toContain('RUNCTL_SMTP_URL is not set');
  expect(logged).toContain(join(outbox, file));
  rmSync(folder, { recursive: true });
});
