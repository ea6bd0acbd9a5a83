/** Particulars of a log line. Never secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the server reports what happens to it. The command line decides how a line looks and where it goes. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
