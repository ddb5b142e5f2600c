/** As shells have it for a program that wrote into a closed pipe. */
const pipeClosed = 141;

/** `runctl tasks ls | head -1` is no failure. For commands that print and end; a server outlives its readers. */
export function endWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(pipeClosed);
    throw error;
  });
}
