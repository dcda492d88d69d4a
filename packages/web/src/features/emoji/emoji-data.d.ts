declare module 'virtual:emoji-data' {
  /** Emoji, group, short names, label, further words. */
  const rows: readonly (readonly [string, number, string, string, string])[];
  export default rows;
}
