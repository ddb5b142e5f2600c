import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RunctlWebhookError, verifyWebhook } from '@runctl/core/webhooks';
import type { WebhookEvent } from '@runctl/sdk';

/** Starts a server that verifies each delivery by the secret that `secret` gives, and hands on what is new. */
export async function startReceiver(secret: () => string, onEvent: (event: WebhookEvent) => void) {
  /** A delivery may come more than once, under the same id. */
  const handled = new Set<string>();

  const server = createServer(async (request, response) => {
    // The raw body: what was parsed and written again has other bytes, and another signature.
    const body = Buffer.concat(await request.toArray()).toString();
    try {
      const event = await verifyWebhook<WebhookEvent>(body, request.headers, secret());
      if (!handled.has(event.id)) onEvent(event);
      handled.add(event.id);
      response.writeHead(204).end();
    } catch (error) {
      if (!(error instanceof RunctlWebhookError)) throw error;
      response.writeHead(400).end(error.code);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/runctl`,
    close: () => server.close(),
  };
}
