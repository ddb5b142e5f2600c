// From a fresh clone with Node and npm to a running command: `node scripts/bootstrap.mjs <command> [arguments]`.
// Holds no dependency and only syntax that an old Node still parses, so that it can say what is wrong.
const wanted = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(`Runctl needs Node ${wanted.join('.')} or newer; this is Node ${process.versions.node}.`);
  console.error('Install a newer Node (any of 20, 22, 24 will do) and run the same command again.');
  if (process.argv[2] === 'verify') console.log('0 passed, 1 failed');
  process.exit(1);
}

const { runBootstrap } = await import('./bootstrap/run-bootstrap.mjs');
process.exitCode = await runBootstrap(process.argv.slice(2));
