/** The version of this server, as it tells clients and metrics. */
export const VERSION = '0.1.0';
