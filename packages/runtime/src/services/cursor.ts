import { invalid } from './failure.ts';
import { isId } from './ids.ts';

/**
 * A place in a list: the id of the last item that was read. It carries no authority: whoever sends one sees what a list
 * without it would show.
 */
export function encodeCursor(lastId: string): string {
  return Buffer.from(lastId, 'latin1').toString('base64url');
}

/** @throws {Failure} `request.cursor_invalid` */
export function decodeCursor(cursor: string): string {
  const lastId = Buffer.from(cursor, 'base64url').toString('latin1');
  if (isId(lastId)) return lastId;
  throw invalid(
    [{ path: 'cursor', code: 'invalid', message: 'Expected the nextCursor of an earlier page, as it was.' }],
    'request.cursor_invalid',
  );
}
