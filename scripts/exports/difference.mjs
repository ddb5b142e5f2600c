/** Lines that are shown; more than a person reads at once. */
const shownLines = 60;

/**
 * What differs between two snapshots: names that came and went, and of those that changed the lines that did.
 *
 * @param {string} accepted
 * @param {string} actual
 * @returns {string}
 */
export function difference(accepted, actual) {
  const [before, after] = [blocks(accepted), blocks(actual)];
  const titles = [...new Set([...before.keys(), ...after.keys()])];
  const lines = titles.flatMap((title) => {
    const [old, current] = [before.get(title), after.get(title)];
    if (!old) return [`  + ${title}`];
    if (!current) return [`  - ${title}`];
    const gone = onlyIn(old, current).map((line) => `  - ${line}`);
    const added = onlyIn(current, old).map((line) => `  + ${line}`);
    if (gone.length + added.length > 0) return [`    ${title}`, ...gone, ...added];
    return old.join() === current.join() ? [] : [`    ${title} (another order)`];
  });
  if (lines.length <= shownLines) return lines.join('\n');
  return [...lines.slice(0, shownLines), `  … ${lines.length - shownLines} lines more`].join('\n');
}

/** Declarations stand with a blank line between them, the name in the first line of each. */
function blocks(text) {
  const parts = text.split(/\n\n+/).map((part) => part.split('\n').filter((line) => !line.startsWith('```')));
  return new Map(parts.filter((lines) => lines.length > 0).map(([title, ...lines]) => [title, lines]));
}

function onlyIn(lines, others) {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
