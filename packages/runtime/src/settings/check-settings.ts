import { settings } from './settings.ts';

/** Something about a variable that its owner should know. */
export interface SettingProblem {
  /** `bad`: the runtime would refuse to start or to work. `unknown`: nobody reads it. */
  kind: 'bad' | 'unknown';
  variable: string;
  /** What is wrong and what to do, without the value. */
  message: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Looks at every value that is set, and at names that only look like settings. */
export function checkSettings(env: Environment): SettingProblem[] {
  const bad = settings.flatMap(({ name, check }): SettingProblem[] => {
    const value = env[name];
    const problem = value === undefined || value === '' ? undefined : check(value);
    return problem === undefined ? [] : [{ kind: 'bad', variable: name, message: `${name} ${problem}.` }];
  });
  return [...bad, ...unknownSettings(env)];
}

function unknownSettings(env: Environment): SettingProblem[] {
  const known = settings.map(({ name }) => name);
  return Object.keys(env)
    .filter((name) => name.startsWith('RUNCTL_') && !known.includes(name))
    .sort()
    .map((variable) => {
      const meant = nearest(variable, known);
      const hint = meant === undefined ? 'see runctl config for those there are' : `did you mean ${meant}?`;
      return { kind: 'unknown', variable, message: `${variable} is no setting of Runctl: ${hint}` };
    });
}

/** Fewer changes than this turn one name into another that was meant. */
const mostChanges = 4;

function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, changes: changesBetween(name, candidate) }))
    .sort((one, other) => one.changes - other.changes);
  return best !== undefined && best.changes < mostChanges ? best.candidate : undefined;
}

/** The least number of letters to add, drop or replace: Levenshtein's distance. */
function changesBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, otherLetter] of [...other].entries()) {
      const replaced = (row[j] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
