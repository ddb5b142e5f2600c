/** A command cannot do what was asked; `message` says why and what to do, and is all that the user sees. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
