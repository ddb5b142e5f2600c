import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';

// A process that opens the store of the folder that it is given, and closes it.
const [, , folder = ''] = process.argv;
await openSqliteStore({ folder }).close();
