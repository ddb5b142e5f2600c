/** How much the clients are given to do; each kind of work is one function of every file in `clients/` and `peers/`. */
export const eventBytes = 179;
export const eventsInAll = 100_000;
export const itemsInAll = 100_000;
export const itemsOnPage = 100;

/** The text of a POST of 10 kB. */
export const longText = 'y'.repeat(10_000);
