/** What tells others the cost of a sample. */

/** What a sample of a data set costs, told by what makes it. */
export interface DataSetKind {
  /** Canonical name of what makes it in a library; null: it is of a class of the project. */
  library: string | null
  bases: string[]
  /** Calls that making one sample reaches. */
  items: string[]
  /** Calls of its class that make a data set of a library, or that divide a stream among workers. */
  calls: string[]
  /** Its constructor moves the samples to the accelerator. */
  resident?: true
}
