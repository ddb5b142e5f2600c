/** How often a step that takes long says that it is still at work, milliseconds. */
const stillAtWorkMs = 10_000;

/**
 * Runs a step and prints one line for it: its name, how long it took and a note.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} step
 * @param {(result: T) => string | undefined} note
 * @param {(line: string) => void} [print]
 * @returns {Promise<T>}
 */
export async function progressLine(name, step, note, print = console.log) {
  const started = performance.now();
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(8);
  const timer = setInterval(() => print(`  … ${name.padEnd(16)}${elapsed()}`), stillAtWorkMs);
  try {
    const result = await step();
    print(`  ✓ ${name.padEnd(16)}${elapsed()}   ${note(result) ?? ''}`.trimEnd());
    return result;
  } catch (error) {
    print(`  ✗ ${name.padEnd(16)}${elapsed()}`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
