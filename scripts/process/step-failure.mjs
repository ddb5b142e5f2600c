/** A step that failed for a reason a person can act on: a sentence, and the output that led to it. */
export class StepFailure extends Error {
  /**
   * @param {string} message what failed and what to do
   * @param {string} [output] what the failed command printed
   * @param {{ passed?: number, failed?: number }} [counts] where one step holds many tests
   */
  constructor(message, output = '', counts = {}) {
    super(message);
    this.name = 'StepFailure';
    this.output = output;
    this.passed = counts.passed ?? 0;
    this.failed = counts.failed ?? 1;
  }
}
