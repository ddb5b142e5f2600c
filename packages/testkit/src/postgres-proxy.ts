import { connect, createServer, type Server, type Socket } from 'node:net';
import { PostgresConversation } from './postgres-conversation.ts';

/** Where a commit is met: before the server hears of it, or before the client hears that it was made. */
export type CommitMoment = 'before' | 'after';

/** What is done with a commit that is met. */
export type CommitFault =
  /** Both ends of its connection are closed. */
  | 'cut'
  /** Nothing passes on its connection any more, though it stays open: its client is frozen, or the network is gone. */
  | 'stall'
  /** It passes; whoever listens to `onMet` does something else. */
  | 'pass';

/** One fault at one commit. */
export interface PlannedFault {
  /** Which commit of those that write something, from 1 on. */
  commit: number;
  moment: CommitMoment;
  fault: CommitFault;
  /** Told when the commit is met, before the fault is done. */
  onMet?: () => void;
}

/** A TCP proxy in front of a Postgres, which counts commits and breaks what it is told to break. */
export interface PostgresProxy {
  /** The address of a database by way of the proxy. */
  through(databaseUrl: string): string;
  /** Counts from 0 again, and breaks this next; nothing without a plan. */
  plan(fault?: PlannedFault): void;
  /** Commits met since the last plan. */
  readonly commits: number;
  /** Refuses new connections and cuts those that are open, until told otherwise. */
  refuse(isRefused: boolean): void;
  /** Lets nothing pass any more, on new connections neither, though all stay open; what was held passes afterwards. */
  freeze(isFrozen: boolean): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of loopback. */
export async function startPostgresProxy(): Promise<PostgresProxy> {
  const proxy = new CommitProxy();
  await proxy.listen();
  return proxy;
}

class CommitProxy implements PostgresProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target = 0;
  #planned: PlannedFault | undefined;
  #commits = 0;
  #isRefused = false;
  #isFrozen = false;

  constructor() {
    this.#server = createServer((client) => this.#pass(client));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get commits(): number {
    return this.#commits;
  }

  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    this.#target = Number(url.port);
    const address = this.#server.address();
    url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
    return url.href;
  }

  plan(fault?: PlannedFault): void {
    this.#commits = 0;
    this.#planned = fault;
  }

  refuse(isRefused: boolean): void {
    this.#isRefused = isRefused;
    if (isRefused) this.#cutAll();
  }

  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    for (const socket of this.#sockets) isFrozen ? socket.pause() : socket.resume();
  }

  async close(): Promise<void> {
    this.#cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(client: Socket): void {
    if (this.#isRefused) {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    const ends = [client, server];
    for (const end of ends) {
      end.setNoDelay(true);
      this.#sockets.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        this.#sockets.delete(end);
        for (const other of ends) other.destroy();
      });
    }
    const conversation = new PostgresConversation();
    let isStalled = false;
    /** The commit that the server is to answer now. */
    let asked: number | undefined;
    const meet = (commit: number | undefined, moment: CommitMoment): boolean => {
      const planned = this.#planned;
      if (commit === undefined || planned?.commit !== commit || planned.moment !== moment) return true;
      planned.onMet?.();
      if (planned.fault === 'cut') for (const end of ends) end.destroy();
      if (planned.fault === 'stall') isStalled = true;
      return planned.fault === 'pass';
    };
    client.on('data', (bytes) => {
      const isCommit = conversation.sent(bytes);
      if (isStalled) return;
      if (isCommit) {
        this.#commits += 1;
        asked = this.#commits;
      }
      if (meet(isCommit ? asked : undefined, 'before')) server.write(bytes);
    });
    server.on('data', (bytes) => {
      conversation.received(bytes);
      if (isStalled) return;
      const answered = asked;
      asked = undefined;
      if (meet(answered, 'after')) client.write(bytes);
    });
    if (this.#isFrozen) for (const end of ends) end.pause();
  }
}
