import { hasErrorMark } from './error-mark.ts';

/** 409 `controller.busy`: another deploy, scale, stop, restart or rollback of this agent is under way. Try again later. */
export function isControllerBusy(error: unknown): boolean {
  return hasErrorMark(error, 'RunctlError') && (error as { code: string }).code === 'controller.busy';
}
