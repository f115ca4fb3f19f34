import { groupedDigits } from '../text/grouped-digits.js'

/** A folder holds more files than anybody meant: the root of a disk, a home. */
export class TooManyFiles extends Error {
  constructor(
    readonly folder: string,
    limit: number,
  ) {
    super(`${folder} holds more than ${groupedDigits(limit)} files to read`)
  }
}
