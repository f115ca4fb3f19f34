/** A folder holds more files than anybody meant: the root of a disk, a home. */
export class TooManyFiles extends Error {
  constructor(
    readonly folder: string,
    limit: number,
  ) {
    super(`${folder} holds more than ${limit.toLocaleString('en-US')} files to read`)
  }
}
