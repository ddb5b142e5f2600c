import type { AgentTool } from '@runctl/agents';
import type { JsonValue } from '@runctl/core';
import { EgressFailure, EgressRefused } from '../egress/egress-error.ts';
import type { EgressResponse } from '../egress/egress-guard.ts';
import type { ToolCall } from '../models/model.ts';
import type { Endpoints } from './endpoints.ts';
import { type ToolContext, ToolFailure } from './tool.ts';
import { signatureHeaders } from './webhook-signature.ts';

/** Seconds that an HTTP tool has unless it says otherwise. */
const DEFAULT_TIMEOUT_SECONDS = 30;
/** Longest answer, bytes. */
const LONGEST_ANSWER = 1_048_576;
/** Of an error's body that is passed on, characters. */
const LONGEST_EXCERPT = 500;

/** A tool that is called by address. */
export type HttpTool = Extract<AgentTool, { invokeUrl: string }>;

/**
 * POSTs a call, signed and with the step's idempotency key, and reads the answer: JSON, or text. Redirects, errors and
 * other kinds of content are failures of the tool.
 *
 * @throws {ToolFailure}
 */
export async function callHttpTool(
  tool: HttpTool,
  call: ToolCall,
  context: ToolContext,
  runtime: { endpoints: Pick<Endpoints, 'fetch'>; now: Date },
): Promise<JsonValue> {
  const { tenantId, agentId, taskId, step, attempt, idempotencyKey, signal } = context;
  const body = JSON.stringify({
    toolCallId: call.callId,
    name: call.name,
    arguments: call.arguments,
    context: { tenantId, agentId, taskId, step, attempt },
  });
  const message = { id: `msg_${taskId}_${step}`, sentAt: runtime.now, body };
  try {
    const response = await runtime.endpoints.fetch(tenantId, tool.invokeUrl, {
      method: 'POST',
      headers: {
        accept: 'application/json, text/plain',
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
        ...signatureHeaders(message, context.signingSecret),
      },
      body,
      maxBytes: LONGEST_ANSWER,
      timeoutMs: (tool.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1_000,
      signal,
    });
    return readAnswer(tool.name, response);
  } catch (error) {
    throw toToolFailure(tool.name, error);
  }
}

/** Words a failure on the way as the tool's. The caller's abort passes as it is. */
export function toToolFailure(name: string, error: unknown): unknown {
  if (error instanceof EgressRefused) {
    return new ToolFailure({ code: 'egress_refused', message: `${name}: ${error.message}`, cause: error });
  }
  if (!(error instanceof EgressFailure)) return error;
  const codes = { network: 'tool_unreachable', timeout: 'tool_timeout', too_large: 'tool_answer_too_large' } as const;
  return new ToolFailure({ code: codes[error.code], message: `${name}: ${error.message}`, cause: error });
}

function readAnswer(name: string, { status, headers, body }: EgressResponse): JsonValue {
  const text = Buffer.from(body).toString('utf8');
  if (status >= 300 && status < 400) {
    throw badAnswer(name, `answered ${status}, a redirect to another address. Redirects are not followed`);
  }
  if (status < 200 || status >= 400) throw badAnswer(name, `answered ${status}: ${excerpt(text)}`);
  if (text.trim() === '') return null;
  const type = (headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/plain') return text;
  if (type !== 'application/json' && !type.endsWith('+json')) {
    throw badAnswer(name, `answered with ${type}; expected application/json or text/plain`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer(name, `answered with broken JSON: ${excerpt(text)}`);
  }
}

function badAnswer(name: string, problem: string): ToolFailure {
  return new ToolFailure({ code: 'tool_error', message: `${name} ${problem}.` });
}

function excerpt(text: string): string {
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}...` : text;
}
