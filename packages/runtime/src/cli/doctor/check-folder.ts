import { inspectFolder } from '../../store/operator/inspect-folder.ts';
import { checkSchema } from './check-schema.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Below it writes may fail any time; below the other it is time to look, bytes. */
const tooFewBytes = 100_000_000;
const fewBytes = 1_000_000_000;

/** The folder of the embedded store: rights, lock, disk, schema, integrity. */
export function checkFolder(folder: string): Finding[] {
  const facts = inspectFolder(folder);
  return [
    checkRights(folder, facts),
    ok('lock', facts.isInUse ? 'a runtime runs on the folder' : 'no runtime runs on the folder'),
    checkDisk(facts.freeBytes),
    ...(facts.database === undefined ? [] : [checkSchema(facts.database.schema), checkIntegrity(facts.database)]),
  ];
}

function checkRights(folder: string, facts: ReturnType<typeof inspectFolder>): Finding {
  if (!facts.isWritable) {
    return problem('folder', `${folder} cannot be written`, `run as its owner, or: chown -R $(id -un) ${folder}`);
  }
  if (!facts.exists) return ok('folder', `${folder} is not there yet; the first start makes it`);
  if (facts.isOpenToOthers) {
    return warning('folder', `${folder} can be entered by other users`, `chmod 700 ${folder}`);
  }
  return ok('folder', `${folder}, for its owner alone`);
}

function checkDisk(freeBytes: number): Finding {
  const found = `${(freeBytes / 1_000_000_000).toFixed(1)} GB free`;
  const advice = 'make room, or move the folder to a larger disk';
  if (freeBytes < tooFewBytes) return problem('disk', found, advice);
  return freeBytes < fewBytes ? warning('disk', found, advice) : ok('disk', found);
}

function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function checkIntegrity({ bytes, problems }: { bytes: number; problems: string[] }): Finding {
  if (problems.length === 0) return ok('integrity', `sound, ${sizeText(bytes)}`);
  return problem('integrity', problems.slice(0, 3).join('; '), 'stop the runtime, and restore the last good backup');
}
