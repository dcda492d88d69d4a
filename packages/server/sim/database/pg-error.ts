/** An error as PostgreSQL tells it: by its SQLSTATE. */
export class PgError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'error';
    this.code = code;
  }
}
