/** What it takes to grow trees on a table, as the program asks for it. */
export interface TreeWork {
  /** Trees, or rounds of boosting, at least and at most. */
  rounds: { low: number; high: number }
  /** Splits on the way from the root to a leaf, at least and at most; null: until a leaf holds a single row. */
  levels: { low: number; high: number } | null
  /**
   * `binned`: splits are chosen among bins of values; `sorted`: among all values, which each node
   * puts in order; `presorted`: which are put in order once; `random`: one is drawn for each column.
   */
  splits: 'binned' | 'sorted' | 'presorted' | 'random'
  /** Columns that a split looks at: all of them, or about the square root of their number. */
  columns: 'all' | 'root'
  /** A round grows a tree for each class, and nobody says how many there are. */
  perClass: boolean
  /** Threads that grow one tree, or trees beside each other; `any`: one, several or all, nobody says how many. */
  threads: number | 'all' | 'any'
  accelerated: boolean
  /** How often the program fits it, at least and at most. */
  fits: { low: number; high: number }
  /** What is not read, with what it is taken for: a clause each. */
  assumed: string[]
}
