/** Scripts of the project that another file names and that are read with it: one that it sources, the start script of a machine. */

export interface TextName {
  /** As it is looked up: relative to the file that names it. */
  path: string
  /** It stands there and nowhere else; absent: also relative to a folder above, where only one file fits. */
  beside?: true
}

export interface NamedText {
  path: string
  text: string
  /** It starts programs itself. */
  starts?: true
  /** Scripts that it names in turn. */
  texts?: Record<string, NamedText>
}

/** Longer scripts are not read with those that name them. */
export const longestNamedText = 20_000
