// `npm run dev`: `runctl dev` from this checkout, once everything is installed and built. Options follow `--`.
process.argv.splice(2, 0, 'dev');
await import('../packages/runtime/dist/bin/main.js');
