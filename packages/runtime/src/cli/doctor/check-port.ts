import { createServer } from 'node:net';
import { type Finding, ok, problem } from './finding.ts';

/** Milliseconds that what listens there has to answer. */
const timeoutMs = 2_000;

/** Whether a runtime could listen there, or one does. */
export async function checkPort(host: string, text: string): Promise<Finding> {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    return problem('port', `${text} is no port`, 'name a whole number up to 65535 with RUNCTL_PORT');
  }
  const where = `${host}:${port}`;
  const failure = await tryToListen(host, port);
  if (failure === undefined) return ok('port', `${where} is free`);
  if (failure === 'EADDRINUSE') {
    if (await isRuntime(host, port)) return ok('port', `a runtime answers at ${where}`);
    return problem('port', `another program listens at ${where}`, 'end it, or choose another port with RUNCTL_PORT');
  }
  if (failure === 'EACCES') {
    return problem('port', `${where} is not for this user`, 'choose a port above 1023 with RUNCTL_PORT');
  }
  return problem('port', `nothing can listen at ${where}: ${failure}`, 'correct RUNCTL_HOST');
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isRuntime(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  try {
    const response = await fetch(`http://${name.includes(':') ? `[${name}]` : name}:${port}/healthz`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    return response.ok;
  } catch {
    return false;
  }
}
