/** All of the protocol that carries no schema library: what a browser needs at run time. */
export * from './close-code.ts';
export * from './error-code.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './roles.ts';
export * from './version.ts';
