/** The SDK, once a command needs it. */
export type Sdk = typeof import('@runctl/sdk');
