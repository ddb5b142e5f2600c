import { SealedColumns } from '../sealed-columns.ts';
import type { SecretBox } from '../secret-box.ts';
import type { OperatorHome } from './operator-home.ts';
import { openSqliteOperatorHome } from './sqlite-operator-home.ts';

/**
 * Opens a home for the operator; runtimes may be running on it. `secrets` opens what is sealed in it.
 *
 * @throws {StoreError} There is none, it does not answer, or its schema is another version's.
 */
export async function openOperatorHome(
  location: { folder: string } | { databaseUrl: string },
  secrets?: SecretBox,
): Promise<OperatorHome> {
  const plugins = [new SealedColumns(secrets)];
  if ('folder' in location) return openSqliteOperatorHome(location.folder, plugins);
  const { openPostgresOperatorHome } = await import('./postgres-operator-home.ts');
  return openPostgresOperatorHome(location.databaseUrl, plugins);
}
