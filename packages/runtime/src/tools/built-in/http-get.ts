import type { JsonValue } from '@runctl/core';
import type { Endpoints } from '../endpoints.ts';
import { toToolFailure } from '../http-tool.ts';
import { type BuiltIn, ToolFailure } from '../tool.ts';

const TIMEOUT_MS = 15_000;
const LONGEST_ANSWER = 524_288;

/** Reads public addresses. What it may reach is the egress guard's to say. */
export function httpGet(endpoints: Pick<Endpoints, 'fetch'>): BuiltIn {
  return {
    name: 'http_get',
    description:
      'Fetches a public https address and gives its status and its text or JSON. Redirects are not followed.',
    inputSchema: {
      type: 'object',
      properties: { url: { type: 'string', maxLength: 2000 } },
      required: ['url'],
      additionalProperties: false,
    },
    async run({ url }, { signal, tenantId }) {
      try {
        const headers = { accept: 'application/json, text/*;q=0.9' };
        const bounds = { maxBytes: LONGEST_ANSWER, timeoutMs: TIMEOUT_MS, signal };
        const {
          status,
          headers: answered,
          body,
        } = await endpoints.fetch(tenantId, String(url), {
          headers,
          ...bounds,
        });
        const contentType = answered['content-type'] ?? '';
        const location = answered.location === undefined ? {} : { location: answered.location };
        return { result: { status, contentType, ...location, body: readBody(contentType, body) } };
      } catch (error) {
        throw toToolFailure('http_get', error);
      }
    },
  };
}

function readBody(contentType: string, body: Uint8Array): JsonValue {
  const text = Buffer.from(body).toString('utf8');
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type.endsWith('+json')) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  if (type === '' || type.startsWith('text/') || type.endsWith('xml') || type.endsWith('javascript')) return text;
  throw new ToolFailure({ code: 'tool_error', message: `http_get reads text and JSON; the answer is ${type}.` });
}
