/** What an agent learns from: steps in an environment. */
export interface Experience {
  steps: number
  /** It learns from what it has just done, or from all that it has kept: then nearly each step is followed by an update. */
  learns: 'on policy' | 'off policy' | 'off policy, now and then'
  sees: 'pictures' | 'numbers'
}
