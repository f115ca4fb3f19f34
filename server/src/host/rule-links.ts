/** Where the page of a rule stands on the web. */
const rulePageBase = 'https://github.com/costlint/costlint/blob/main/docs/rules/'

export function rulePageLink(rule: string): string {
  return `${rulePageBase}${rule}.md`
}
