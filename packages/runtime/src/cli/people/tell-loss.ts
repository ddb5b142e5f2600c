import type { Middleware } from '@runctl/sdk';
import type { Terminal } from '../terminal.ts';

/**
 * Tells whoever waits that a runtime that has answered does so no more, and when it does again: the SDK tries on by
 * itself, for minutes, and says nothing.
 */
export function tellLoss(err: Terminal): Middleware {
  let state: 'unknown' | 'there' | 'lost' = 'unknown';
  return async (request, next) => {
    try {
      const response = await next(request);
      if (state === 'lost') err.write('Connected again.\n');
      state = 'there';
      return response;
    } catch (error) {
      if (state === 'there' && !request.signal.aborted) {
        state = 'lost';
        err.write('Connection lost, trying again.\n');
      }
      throw error;
    }
  };
}
