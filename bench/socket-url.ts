/** Where the sockets of a node, or of what balances before nodes, are. */
export function socketOf(url: string): string {
  return `${url.replace('http', 'ws')}/v1/socket`;
}
