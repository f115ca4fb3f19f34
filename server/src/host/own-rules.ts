/** Rules of the linter itself: they judge how it is used, not a workload. */
export const unusedSuppression = 'costlint/unused-suppression'

/** A job or service that costs more than `[budget]` allows, or runs on what it does not. */
export const budgetRule = 'costlint/budget'

export const ownRules: readonly { name: string }[] = [{ name: unusedSuppression }, { name: budgetRule }]
export const ownRuleNames: readonly string[] = ownRules.map((rule) => rule.name)
