/** A command cannot do what was asked; `message` says why and what to do, and is all that the user sees. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  /** What the process ends with. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
