/** A fresh database of a server: for one test. */
export interface Database {
  readonly name: string;
  /** As the superuser, without a password. */
  readonly url: string;
  /** As an ordinary user who may do everything in it, and who needs the password. */
  readonly userUrl: string;
}
