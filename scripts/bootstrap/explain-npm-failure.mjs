const noNetwork =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|fetch failed|network/i;

/**
 * Says what to do about an npm or pnpm that could not fetch something.
 *
 * @param {string} what what was to be fetched
 * @param {import('../process/run-command.mjs').CommandResult} result
 * @returns {string}
 */
export function explainNpmFailure(what, result) {
  if (result.notFound) {
    return 'npm was not found. It comes with Node; install Node again, with npm, and run the same command again.';
  }
  if (result.timedOut) return `Fetching ${what} took more than ${Math.round(result.seconds)} s and was stopped.`;
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(result.output)) {
    return 'pnpm-lock.yaml does not fit the package.json files. Run `pnpm install` and commit the lockfile.';
  }
  if (noNetwork.test(result.output)) {
    return (
      `${what} could not be fetched: the package registry did not answer. Check the network, the proxy ` +
      '(HTTPS_PROXY) and `npm config get registry`, then run the same command again.'
    );
  }
  return `${what} could not be fetched (exit code ${result.code}).`;
}
