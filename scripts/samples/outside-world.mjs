import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../workspace/root.mjs';

/** What every model says here. */
export const modelAnswer = 'Said by a server of this machine that speaks the protocol of chat completions.';

/**
 * Starts what the samples expect beyond the runtime: OpenAI and Stripe, as servers of this machine that speak their
 * protocols. The runtime is told where they are by the settings that an operator would use.
 *
 * @param {string} folder for what is bundled
 * @returns {Promise<{ settings: Record<string, string>, modelCalls: () => number, close: () => Promise<void> }>}
 */
export async function startOutsideWorld(folder) {
  const { startChatCompletionsServer, startStripeServer } = await loadServers(join(folder, 'servers.mjs'));
  const models = await startChatCompletionsServer({ script: () => ({ text: modelAnswer }) });
  const stripe = await startStripeServer();
  const settings = {
    OPENAI_API_KEY: 'sk-of-this-machine',
    OPENAI_BASE_URL: models.baseUrl,
    RUNCTL_STRIPE_API_KEY: 'sk_test_of_this_machine',
    RUNCTL_STRIPE_WEBHOOK_SECRET: 'whsec_of_this_machine',
    RUNCTL_STRIPE_PRICE: 'price_1',
    RUNCTL_STRIPE_URL: stripe.url,
    RUNCTL_RETURN_ORIGINS: 'https://app.example.com',
  };
  return {
    settings,
    modelCalls: () => models.requests.length,
    close: async () => {
      await Promise.all([models.close(), stripe.close()]);
    },
  };
}

/** The servers of the tests, in TypeScript. */
async function loadServers(outfile) {
  const { build } = await import('esbuild');
  const contents = `
export { startChatCompletionsServer } from './packages/testkit/src/model-servers/chat-completions-protocol.ts';
export { startStripeServer } from './packages/runtime/src/services/billing/stripe-server.test-rig.ts';
`;
  const stdin = { contents, resolveDir: root, loader: 'ts' };
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' });
  return await import(pathToFileURL(outfile).href);
}
