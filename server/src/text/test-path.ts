/** Files of tests: what they waste is small, and often there on purpose. */
const testPath =
  /(^|\/)(tests?|testing|unit_tests?|e2e|test_?data)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.(py|ipynb)$/i

/** `path` is relative to the root of the project. */
export function isTestPath(path: string): boolean {
  return testPath.test(path)
}

/** Files that tests only read: nobody starts what they describe. */
export function isFixture(path: string): boolean {
  return /(^|\/)(fixtures?|(test_?)?data|snapshots?|golden|mocks?|unit(_?tests?)?|cassettes|__\w+__)\//i.test(
    path,
  )
}
