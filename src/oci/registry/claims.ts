/** A blob whose use was announced so short a time ago, in milliseconds, need not be announced again. What removes unused blobs waits much longer. */
export const CLAIM_EVERY = 60 * 1000;
