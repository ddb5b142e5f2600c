import { BaseClient } from './base-client.ts';
import { RunctlConfigError } from './errors/config-error.ts';
import type { ClientOptions } from './options/client-options.ts';
import type { Client, Resources } from './resource.ts';

/**
 * A client with the resources that are named, and no other: what is not named is not in the bundle.
 *
 * @throws {RunctlConfigError} an option is missing, unknown or bad; the error names it, never its value
 * @example
 * const client = createClient({ apiKey, resources: { agents } });
 * const agent = await client.agents.getById('agt_01jd3vxa8rk2z0m4c6w9q5t7yb');
 */
export function createClient<const R extends Resources>(options: ClientOptions & { resources: R }): Client<R> {
  const { resources, ...others } = options;
  class ResourceClient extends BaseClient {
    constructor(own: ClientOptions) {
      super(own);
      for (const [name, resource] of Object.entries(resources)) {
        if (name in this) throw new RunctlConfigError(`A resource cannot be named \`${name}\`.`);
        Object.defineProperty(this, name, { value: resource(this), enumerable: true });
      }
    }
  }
  return new ResourceClient(others) as BaseClient & { [Name in keyof R]: ReturnType<R[Name]> } as Client<R>;
}
