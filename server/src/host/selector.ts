/** How rules are named in settings, options and comments: `search/grid-search`, `search` or `search/*`, `*`. */

/** 0: every rule, 1: a family, 2: one rule. The more specific of two selectors decides. */
export type Specificity = 0 | 1 | 2

function familyOf(rule: string): string {
  return rule.slice(0, Math.max(0, rule.indexOf('/')))
}

/** How specifically the selector names the rule; undefined: not at all. */
export function matchSelector(selector: string, rule: string): Specificity | undefined {
  if (selector === '*') return 0
  if (selector === rule) return 2
  const family = selector.endsWith('/*') ? selector.slice(0, -2) : selector
  return family !== '' && family === familyOf(rule) ? 1 : undefined
}

/** The closest match of a list; undefined: none. */
export function matchSelectors(selectors: readonly string[], rule: string): Specificity | undefined {
  let best: Specificity | undefined
  for (const selector of selectors) {
    const match = matchSelector(selector, rule)
    if (match !== undefined && (best === undefined || match > best)) best = match
  }
  return best
}

/** Whether the selector names anything that exists. */
export function isKnownSelector(selector: string, rules: readonly string[]): boolean {
  return rules.some((rule) => matchSelector(selector, rule) !== undefined)
}

/** What a slip of the hand may have meant: every rule and every family. */
export function selectorNames(rules: readonly string[]): string[] {
  return [...rules, ...new Set(rules.map(familyOf))]
}
