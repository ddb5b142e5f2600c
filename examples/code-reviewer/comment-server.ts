import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RunctlWebhookError, verifyWebhook } from '@runctl/core/webhooks';

/** What the agent comments. */
export interface Comment {
  pullRequest: number;
  line: number;
  body: string;
}

/** What the runtime POSTs to a tool. */
interface ToolCall {
  toolCallId: string;
  name: string;
  arguments: Comment;
  context: { tenantId: string; agentId: string; taskId: string; step: number; attempt: number };
}

/** Starts a server with one tool that takes calls which are signed with the secret, and no others. */
export async function startCommentServer(secret: string) {
  /** By the idempotency key: a call that the runtime repeats after a crash comments once. */
  const comments = new Map<string, Comment>();

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    try {
      const call = await verifyWebhook<ToolCall>(body, request.headers, secret);
      comments.set(String(request.headers['idempotency-key']), call.arguments);
      console.log(`  the tool got a call with a good signature, of step ${call.context.step}`);
      answer(200, { commented: true, summary: `Commented on line ${call.arguments.line}.` });
    } catch (error) {
      if (!(error instanceof RunctlWebhookError)) throw error;
      answer(401, { error: error.code });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    comments: () => [...comments.values()],
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
