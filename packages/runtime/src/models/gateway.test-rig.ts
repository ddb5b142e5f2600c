import type { ModelScript, ModelServer } from '@runctl/testkit';
import { onTestFinished } from 'vitest';
import { createEgressGuard } from '../egress/egress-guard.ts';
import { createModelGateway, type ModelGatewayOptions } from './gateway.ts';
import type { ModelCallOptions, ModelGateway, ModelRequest } from './model.ts';

/** The smallest question. */
export const question: ModelRequest = {
  provider: 'openai-compatible',
  model: 'some-model',
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [],
  outputSchema: null,
  settings: {},
};

/** A gateway before a server that speaks a provider's protocol. */
export interface GatewayRig<Body> {
  server: ModelServer<Body>;
  gateway: ModelGateway;
  /** Milliseconds that the gateway waited between attempts. */
  delays: number[];
  call(change?: Partial<ModelRequest>, options?: Partial<ModelCallOptions>): ReturnType<ModelGateway['call']>;
}

/** Starts the server, closed after the test, and a gateway that is configured for it. */
export async function openGateway<Body>(
  start: (options: { script: ModelScript<Body> }) => Promise<ModelServer<Body>>,
  script: ModelScript<Body>,
  setup: {
    provider: string;
    model?: string;
    env: (baseUrl: string) => Record<string, string>;
    options?: Partial<ModelGatewayOptions>;
  },
): Promise<GatewayRig<Body>> {
  const server = await start({ script });
  onTestFinished(server.close);
  const delays: number[] = [];
  const gateway = createModelGateway({
    env: setup.env(server.baseUrl),
    egress: createEgressGuard({ allowedHosts: [] }),
    sleep: async (ms) => void delays.push(ms),
    random: () => 1,
    ...setup.options,
  });
  const { provider, model = question.model } = setup;
  return {
    server,
    gateway,
    delays,
    call: (change, options) => {
      const { signal } = new AbortController();
      return gateway.call(
        { ...question, provider, model, ...change },
        { signal, idempotencyKey: 'tsk_1:1', ...options },
      );
    },
  };
}
