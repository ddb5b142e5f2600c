import { createHash } from 'node:crypto';

/** Which span another process is in. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Whether whoever began the trace records it. */
  isSampled: boolean;
}

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Of a header; a later version may be longer than today's 55. */
const longestHeader = 256;

/**
 * Reads a `traceparent`; undefined where it is none by the rules of the W3C, and then a trace begins here.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function readTraceparent(header: string | undefined): TraceContext | undefined {
  if (header === undefined || header.length > longestHeader) return undefined;
  const [, version, traceId, spanId, flags, more] = shape.exec(header) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

// The ids of a task's spans are made from its id: whichever process does a part of it, before or after a crash, its
// spans meet in one trace, and nothing of that has to be stored.

/** The trace of a task and of all that it hands out; `rootTaskId`: of the task at the root. */
export function traceIdOf(rootTaskId: string): string {
  return digest(`trace ${rootTaskId}`, 16);
}

/** The span of a task, or of one of its steps. */
export function spanIdOf(taskId: string, step?: number): string {
  return digest(`span ${taskId}${step === undefined ? '' : ` ${step}`}`, 8);
}

function digest(text: string, bytes: number): string {
  return createHash('sha256').update(text).digest().subarray(0, bytes).toString('hex');
}
