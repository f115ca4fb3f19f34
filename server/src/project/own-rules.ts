/** Rules of the linter itself: they judge how it is used, not a workload. */
export const unusedSuppression = 'costlint/unused-suppression'

export const ownRules: readonly { name: string }[] = [{ name: unusedSuppression }]
export const ownRuleNames: readonly string[] = ownRules.map((rule) => rule.name)
