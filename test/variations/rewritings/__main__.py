"""Rewrites cases: JSON on standard input, a line of JSON for each variation on standard output.

Input: `cases` (each with `id`, `script` and `files`), `only` (names of rewritings, all where it is empty),
`chains` (how many chains of several rewritings for each case, instead of single ones) and `seed`.
"""
import ast
import json
import random
import sys

import launching
import loops
import making
import naming
import options
from script import REWRITINGS, Script


def names_of(family):
    return [name for name, function in REWRITINGS.items() if function.__module__ == family.__name__]


# A chain takes one of each, in this order: what moves the whole script comes last.
ORDER = [names_of(family) for family in (options, loops, making, naming, launching)]


def rewrite(name, path, files):
    """The files after a rewriting and where the script is now; None where it cannot be done."""
    changed = REWRITINGS[name](Script(path, files))
    if changed is None or any(each in files and each != path for each in changed):
        return None
    after = {each: text for each, text in {**files, **changed}.items() if text is not None}
    for each in changed:
        if each.endswith('.py') and each in after:
            ast.parse(after[each])
    return path if path in after else None, after


def chain(case, names, randomly):
    """A drawn rewriting of each family, of those that can be done, one after the other."""
    path, files, done = case['script'], case['files'], []
    for family in ORDER:
        for drawn in randomly.sample(family, len(family)):
            after = rewrite(drawn, path, files) if drawn in names and path else None
            if after:
                path, files = after
                done.append(drawn)
                break
    return done, files


def variations(case, names, chains, seed):
    """The script as it is, then its variations: the names of what was done, and the files."""
    yield ['unchanged'], rewrite('unchanged', case['script'], case['files'])[1]
    randomly = random.Random(seed + case['id'])
    for _ in range(chains):
        done, files = chain(case, names, randomly)
        if len(done) > 1:
            yield done, files
    for name in [] if chains else names:
        after = rewrite(name, case['script'], case['files'])
        if after:
            yield [name], after[1]


def main():
    asked = json.load(sys.stdin)
    unknown = [name for name in asked['only'] if name not in REWRITINGS]
    if unknown:
        sys.exit(f'no such rewriting: {", ".join(unknown)}\nthere are: {", ".join(REWRITINGS)}')
    names = [name for name in asked['only'] or REWRITINGS if name != 'unchanged']
    for case in asked['cases']:
        try:
            ast.parse(case['files'][case['script']])
        except SyntaxError:
            continue
        try:
            for done, files in variations(case, names, asked['chains'], asked['seed']):
                print(json.dumps({'case': case['id'], 'rewritings': done, 'files': files}))
        except Exception as error:
            raise RuntimeError(f'a rewriting fails on {case["id"]}') from error


main()
