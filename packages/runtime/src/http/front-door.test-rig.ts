import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pick } from '../engine/policy.ts';
import { agentTypes, loops } from '../loops/loops.ts';
import { noUsage } from '../new-task/no-usage.ts';
import { createTenant } from '../services/bootstrap.ts';
import { createServices, type ServiceParts, type Services } from '../services/services.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type App, createApp } from './app.ts';

/** What a test sends, besides method and path. */
export interface Call {
  /** Sent as JSON; text is sent as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Default: the first tenant's. Null: none. */
  key?: string | null;
  signal?: AbortSignal;
  /** Of the socket. Default: none. */
  address?: string;
}

/** What came back, its body read as JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers whose shape it asserts
  body: any;
}

/** The API over a real store, in a folder of its own unless another is given, with two tenants. */
export interface FrontDoor {
  app: App;
  store: Store;
  services: Services;
  apiKey: string;
  tenantId: string;
  otherKey: string;
  otherTenantId: string;
  errors: unknown[];
  call(route: string, call?: Call): Promise<Answer>;
  close(): Promise<void>;
}

/** Opens the door. What is given replaces the parts of the app. */
export async function openFrontDoor(parts: Partial<ServiceParts> = {}): Promise<FrontDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-http-'));
  const store = parts.store ?? openSqliteStore({ folder });
  const now = parts.now ?? Date.now;
  const { tenantId, apiKey } = await createTenant(store, 'one', now());
  const { apiKey: otherKey, tenantId: otherTenantId } = await createTenant(store, 'two', now());
  const errors: unknown[] = [];
  const services = createServices({
    store,
    gateway: { checkProvider: () => null },
    tools: { describe: () => [], check: () => [] },
    loops,
    agentTypes,
    ...parts,
  });
  const app = createApp({
    services,
    onError: (error) => errors.push(error),
    ...(parts.now === undefined ? {} : { now: parts.now }),
  });
  return {
    app,
    store,
    services,
    apiKey,
    tenantId,
    otherKey,
    otherTenantId,
    errors,
    call: (route, call = {}) => send(app, route, { key: apiKey, ...call }),
    close: async () => {
      app.release();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function send(app: App, route: string, { body, headers, key, signal, address }: Call): Promise<Answer> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request = new Request(`http://runctl.test${path}`, {
    method,
    headers: {
      ...(key === null || key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
    ...(signal === undefined ? {} : { signal }),
  });
  const response = await app.fetch(request, { address });
  const answered = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: answered === '' ? undefined : JSON.parse(answered),
  };
}

/** The smallest agent. */
export const simulatedAgent = {
  name: 'Echo',
  type: 'reactive',
  modelProvider: 'simulated',
  model: 'echo',
  systemPrompt: 'Repeat.',
};

/** A worker that ends every task at once with `"done"`. */
export function startToyWorker(store: Store): void {
  store.startClaiming({
    owner: 'toy',
    freeSlots: () => 16,
    pick,
    holds: () => true,
    deliver: (tasks) => {
      for (const { id, epoch } of tasks) {
        void store.commitStep({
          lease: { taskId: id, owner: 'toy', epoch },
          contents: [],
          usage: noUsage,
          simulated: true,
          end: { status: 'completed', result: '"done"' },
          now: Date.now(),
        });
      }
    },
  });
}
