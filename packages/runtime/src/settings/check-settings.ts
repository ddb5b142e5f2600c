import { nearestName } from '../nearest-name.ts';
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
      const meant = nearestName(variable, known);
      const hint = meant === undefined ? 'see runctl config for those there are' : `did you mean ${meant}?`;
      return { kind: 'unknown', variable, message: `${variable} is no setting of Runctl: ${hint}` };
    });
}
