import { createServer } from 'node:net';

/** @returns {Promise<number>} a port of the loopback interface that nobody listens on at this moment */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
