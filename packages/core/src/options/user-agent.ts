import { VERSION } from '../version.ts';
import type { HeaderFields } from './headers.ts';

/** Says who calls; a browser says so by itself, and asks the server's leave for a header that it does not know. */
export function userAgent(): HeaderFields {
  return typeof document === 'undefined' ? { 'user-agent': `runctl-sdk/${VERSION}` } : {};
}
