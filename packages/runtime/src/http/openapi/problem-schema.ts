import type { JsonSchema } from '@runctl/core';
import { failureKinds } from '../../services/failure-kinds.ts';
import { reference } from './contract.ts';

/** The body of every error, as RFC 9457 has it. */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'What went wrong, as RFC 9457 has it. Branch on `code`.',
  properties: {
    type: { type: 'string', format: 'uri', description: 'The code, as a URN.' },
    title: { type: 'string', description: 'The same for every error of this code.' },
    status: { type: 'integer', minimum: 400, maximum: 599, description: 'As in the status line.' },
    detail: { type: 'string', description: 'What was expected, what came, and what to do.' },
    code: { enum: Object.keys(failureKinds), description: 'Which error it is. Stays the same between versions.' },
    requestId: { type: 'string', pattern: '^req_', description: 'Names the request in the log of the runtime.' },
    retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
    resource: { type: 'string', description: 'The kind of thing that it is about.' },
    resourceId: { type: 'string', description: 'Its id.' },
    details: {
      type: 'array',
      items: reference('ValidationIssue'),
      description: 'What is wrong, piece by piece; each with its JSON Pointer.',
    },
    hint: { type: 'string', description: 'What to do about it.' },
    requiredScope: { type: 'string', description: 'Of a 403: the scope that the key would need.' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId', 'retryable', 'details'],
};

/** The codes of a status, for the words of an answer. */
export function codesOf(status: number): string[] {
  return Object.entries(failureKinds).flatMap(([code, kind]) => (kind.status === status ? [code] : []));
}
