import { openOperatorHome } from '../../store/operator/open-operator-home.ts';
import { checkSecretsOpen, isResealDue } from '../../store/reseal-secrets.ts';
import { readSecretBox, SealedForAnother, type SecretBox, SecretsKeyError } from '../../store/secret-box.ts';
import { StoreError } from '../../store/store-error.ts';
import { isStoreOutage } from '../../store-outage.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Whether the key that is set here opens what is sealed in the data. Nothing where there is no data to look at. */
export async function checkSecrets(
  location: { folder: string } | { databaseUrl: string },
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finding[]> {
  try {
    return [await look(location, readSecretBox(env))];
  } catch (error) {
    if (error instanceof SealedForAnother) {
      return [problem('secrets', error.message, 'set RUNCTL_SECRETS_KEY here as it is where the data was written')];
    }
    // Why the data, or the key, cannot be used is told by who looks at that.
    if (error instanceof StoreError || error instanceof SecretsKeyError || isStoreOutage(error)) return [];
    throw error;
  }
}

async function look(location: { folder: string } | { databaseUrl: string }, box: SecretBox | undefined) {
  const home = await openOperatorHome(location, box);
  try {
    await checkSecretsOpen(home.query, box);
    if (box === undefined) return ok('secrets', 'kept as they are: RUNCTL_SECRETS_KEY is not set');
    if (!(await isResealDue(home.query, box))) return ok('secrets', 'sealed with the first key of RUNCTL_SECRETS_KEY');
    return warning(
      'secrets',
      'not all are sealed with the first key of RUNCTL_SECRETS_KEY',
      'once every process has that key: runctl secrets reseal',
    );
  } finally {
    await home.close();
  }
}
