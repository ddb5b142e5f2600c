import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, CreateAgentInput } from '@runctl/agents';
import type { JsonObject, JsonValue } from '@runctl/core';
import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startChatCompletionsServer, startPostgres } from '@runctl/testkit';
import { createRuntime } from '../runtime.ts';
import { type StripeServer, startStripeServer } from '../services/billing/stripe-server.test-rig.ts';
import { WireWitness } from './wire-witness.test-rig.ts';

/** A runtime on one home, with a model that calls a tool whatever it is asked and a billing provider, used through the SDK, and what went over the wire meanwhile. */
export interface ContractHome {
  /** Of the owner of the first tenant. */
  readonly client: Runctl;
  readonly operator: Runctl;
  readonly wire: WireWitness;
  /** What the runtime told its operator of. */
  readonly errors: readonly unknown[];
  clientOf(apiKey: string): Runctl;
  /** Entries of the audit logs of all tenants. */
  auditEntries(): Promise<number>;
  /** A scripted agent in service. */
  agent(rules: readonly Rule[], change?: Partial<CreateAgentInput>): Promise<Agent>;
  close(): Promise<void>;
}

/** What a scripted agent does in one turn. */
export interface Rule {
  when: { text?: string; tool?: string; step?: number };
  reply: JsonObject;
}

const operatorKey = `rctl_${'o'.repeat(32)}`;
const bin = findPostgres();
let server: Promise<PostgresServer> | undefined;

async function databaseUrl(): Promise<string> {
  server ??= startPostgres(bin ?? '');
  return (await server).createDatabase();
}

/** The homes that this machine can run: each suite of a resource's contract runs on all of them. */
export const contractHomes: readonly { name: string; open: () => Promise<ContractHome> }[] = [
  { name: 'sqlite', open: () => openHome(undefined) },
  ...(bin === undefined ? [] : [{ name: 'postgres', open: async () => openHome(await databaseUrl()) }]),
];

/** Ends what the homes started; after the last suite of a file. */
export async function stopContractHomes(): Promise<void> {
  await (await server)?.stop();
  server = undefined;
}

async function openHome(url: string | undefined): Promise<ContractHome> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-contract-'));
  const stripe: StripeServer = await startStripeServer();
  const tireless = { toolCalls: [{ id: 'call_1', name: 'calculator', arguments: '{"expression":"1+1"}' }] };
  const models = await startChatCompletionsServer({ script: () => tireless });
  const errors: unknown[] = [];
  const runtime = await createRuntime({
    ...(url === undefined ? { folder } : { databaseUrl: url }),
    egressAllow: ['127.0.0.1'],
    env: {
      RUNCTL_OPERATOR_KEY: operatorKey,
      OPENAI_COMPATIBLE_BASE_URL: models.baseUrl,
      OPENAI_COMPATIBLE_API_KEY: 'sk-test',
      RUNCTL_STRIPE_API_KEY: 'sk_test_1',
      RUNCTL_STRIPE_WEBHOOK_SECRET: 'whsec_of_the_test',
      RUNCTL_STRIPE_PRICE: 'price_1',
      RUNCTL_STRIPE_URL: stripe.url,
      RUNCTL_RETURN_ORIGINS: 'https://app.example.com',
    },
    onError: (error) => errors.push(error),
  });
  const description = await runtime.fetch(new Request('http://runctl.test/v1/openapi.json'));
  const wire = new WireWitness((await description.json()) as JsonObject);
  const clientOf = (apiKey: string) =>
    new Runctl({
      apiKey,
      baseUrl: 'https://runctl.test',
      fetch: async (input, init) => {
        const request = new Request(input, init);
        return wire.witness(request, await runtime.fetch(request));
      },
    });
  const client = clientOf(runtime.newApiKey ?? '');
  const operator = clientOf(operatorKey);
  return {
    client,
    operator,
    wire,
    errors,
    clientOf,
    auditEntries: async () => {
      let entries = 0;
      for await (const { id } of operator.tenants.iter()) {
        for await (const _ of operator.tenants.iterAuditLog(id)) entries += 1;
      }
      return entries;
    },
    agent: async (rules, change = {}) => {
      const agent = await client.agents.create({ ...scripted(rules), ...change });
      await client.agents.deploy(agent.id, { replicas: 2 });
      return agent;
    },
    close: async () => {
      await runtime.stop(0);
      await Promise.all([stripe.close(), models.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An agent that does what the rules say. */
export function scripted(rules: readonly Rule[]): CreateAgentInput {
  return {
    name: 'Scripted',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Work.',
    metadata: { simulation: { rules: rules as unknown as JsonValue } },
  };
}
