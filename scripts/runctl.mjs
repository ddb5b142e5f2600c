// `npm run runctl -- <command>`: the command of this checkout, once everything is installed and built.
await import('../packages/runtime/dist/bin/main.js');
