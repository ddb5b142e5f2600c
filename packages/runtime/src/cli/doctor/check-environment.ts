import { readBillingSettings } from '../../services/billing/billing-settings.ts';
import { readSmtpSettings } from '../../services/notifications/mail-settings.ts';
import { SettingError } from '../../services/operator-key.ts';
import { checkSettings } from '../../settings/check-settings.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const oldestNode: readonly [number, number] = [20, 19];

/** This Node. */
export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  const isOldEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return isOldEnough
    ? ok('node', `Node ${version}`)
    : problem('node', `Node ${version}`, `use Node ${oldestNode.join('.')} or newer`);
}

/** Values that will not do, and names that nobody reads. */
export function checkVariables(env: Environment): Finding[] {
  const problems = checkSettings(env).map(({ kind, variable, message }) =>
    kind === 'bad'
      ? problem('settings', message, `correct ${variable}, or unset it`)
      : warning('settings', message, `rename ${variable}, or unset it`),
  );
  const incomplete = checkTogether(env);
  const found = [...problems, ...incomplete];
  return found.length === 0 ? [ok('settings', 'every variable that is set will do')] : found;
}

/** What one variable asks of others. */
function checkTogether(env: Environment): Finding[] {
  return [readBillingSettings, mailSettingsTogether].flatMap((read) => {
    try {
      read(env);
      return [];
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      return [problem('settings', error.message, 'see runctl config')];
    }
  });
}

/** Where each of the two will do by itself: what is wrong with one of them is told as that. */
function mailSettingsTogether(env: Environment): void {
  if (checkSettings(env).some(({ variable }) => mailVariables.includes(variable))) return;
  readSmtpSettings(env);
}

const mailVariables: readonly string[] = ['RUNCTL_SMTP_URL', 'RUNCTL_MAIL_FROM'];

/** Ranges so wide that the guard keeps little away. */
const wide = /\/[0-7]$/;

/** What tools may reach; `isFolder`: the data is in a folder, so that `runctl dev` is what runs on it. */
export function checkEgress(env: Environment, isFolder: boolean): Finding {
  const entries = (env.RUNCTL_EGRESS_ALLOW ?? '').split(',').map((entry) => entry.trim());
  const opened = entries.filter((entry) => entry !== '');
  const open = [...(isFolder ? ['this machine, by runctl dev'] : []), ...opened];
  if (open.length === 0) return ok('egress', 'tools reach public addresses alone');
  const tooWide = opened.filter((entry) => wide.test(entry));
  if (tooWide.length > 0) {
    return warning('egress', `${tooWide.join(', ')} is opened to tools`, 'name hosts, or narrower ranges');
  }
  return ok('egress', `opened to tools besides public addresses: ${open.join(', ')}`);
}
