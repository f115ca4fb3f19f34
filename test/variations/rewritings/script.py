"""A script taken apart, and the names that statements of it read and write: what all rewritings share."""
import ast
import re

REWRITINGS = {}


def rewriting(function):
    """Registers a function: it gets a Script and gives the files that change, or None where it cannot be done."""
    REWRITINGS[function.__name__.replace('_', '-')] = function
    return function


class Script:
    """The script of a case: its imports, its functions and classes, and the statements that do the work."""

    def __init__(self, path, files):
        self.path = path
        self.files = files
        self.tree = ast.parse(files[path])
        self.imports, self.definitions, self.work = [], [], []
        for statement in self.tree.body:
            self.part(statement).extend(statement.body if is_guard(statement) else [statement])
        # Every name of the script, so that a rewriting does not use one twice.
        self.names = self.imported | self.defined | arguments(self.tree) | {
            node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}

    def part(self, statement):
        if isinstance(statement, (ast.Import, ast.ImportFrom)) or is_optional_import(statement):
            return self.imports
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return self.definitions
        return [] if is_docstring(statement) else self.work

    @property
    def alone(self):
        return len(self.files) == 1

    @property
    def movable(self):
        """Whether the work can stand in a function: nothing outside it reads its variables."""
        return bool(self.work) and not leaves(self.work) and not self.shares(stored(self.work))

    def shares(self, names):
        """Whether functions and classes of the script read these variables of its work."""
        return any(set(loaded([one])).difference(stored([one]), bound_inside([one]), arguments(one)) & set(names)
                   for one in self.definitions)

    @property
    def imported(self):
        aliases = [alias for one in self.imports for node in ast.walk(one)
                   if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
        return {(alias.asname or alias.name).split('.')[0] for alias in aliases}

    @property
    def defined(self):
        return {one.name for one in self.definitions}

    def free(self, *names):
        return not self.names & set(names)

    def beside(self, name):
        """The path of another file in the script's folder."""
        return self.path[:self.path.rfind('/') + 1] + name

    def write(self, *parts):
        """The script anew: its imports, then these parts, each a list of statements or the text of some."""
        return {self.path: module(self.imports, *parts)}


def is_guard(statement):
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def is_docstring(statement):
    return (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str))


def is_optional_import(statement):
    return (isinstance(statement, ast.Try)
            and any(isinstance(one, (ast.Import, ast.ImportFrom)) for one in statement.body))


def is_loop(statement):
    return isinstance(statement, (ast.For, ast.While))


def begins_work(statement):
    """A loop, or a call that trains, searches or launches."""
    begins = r'\.(fit|fit_generator|train|learn|optimize|run|evaluate)\(|launch\(|spawn\('
    return is_loop(statement) or re.search(begins, ast.unparse(statement)) is not None


def statements(text):
    return ast.parse(text).body


def expression(text):
    return ast.parse(text, mode='eval').body


def module(*parts):
    """The text of a module of these parts."""
    body = [one for part in parts for one in (statements(part) if isinstance(part, str) else part)]
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + '\n'


def function(head, body):
    """`def head:` with these statements."""
    made = statements(f'def {head}:\n    pass')[0]
    made.body = body
    return made


def is_assigned_call(statement):
    """`name = call(…)`."""
    return (isinstance(statement, ast.Assign) and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name) and isinstance(statement.value, ast.Call))


def arguments(tree):
    """The arguments of all functions in it."""
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def bound_inside(nodes):
    """Variables of comprehensions and arguments of lambdas."""
    bound = set()
    for node in (inner for one in nodes for inner in ast.walk(one)):
        if isinstance(node, ast.comprehension):
            bound |= {inner.id for inner in ast.walk(node.target) if isinstance(inner, ast.Name)}
        elif isinstance(node, ast.Lambda):
            bound |= arguments(node.args)
    return bound


def stored(nodes):
    """Variables that these statements set, in the order of the text."""
    names = [node.id for one in nodes for node in ast.walk(one)
             if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    inside = bound_inside(nodes)
    return [name for name in dict.fromkeys(names) if name not in inside]


def loaded(nodes):
    """Names that these statements read."""
    names = []
    for node in (inner for one in nodes for inner in ast.walk(one)):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return list(dict.fromkeys(names))


def read_first(nodes):
    """Names that these statements read before they set them."""
    seen, first = set(), []

    def note(name, reads):
        if name not in seen:
            seen.add(name)
            if reads:
                first.append(name)

    def visit(node):
        if isinstance(node, ast.Name):
            note(node.id, not isinstance(node.ctx, ast.Store))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            note(node.target.id, True)
            visit(node.value)
        else:
            fields = dict(ast.iter_fields(node))
            early = [fields.pop(field) for field in ('value', 'iter', 'generators') if field in fields]
            for value in [*early, *fields.values()]:
                for one in value if isinstance(value, list) else [value]:
                    if isinstance(one, ast.AST):
                        visit(one)

    for one in nodes:
        visit(one)
    return first


def leaves(nodes):
    """Whether something in these statements only works where it stands: `return`, `yield`, `global`."""
    bound = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
    return any(isinstance(node, bound) or leaves_within(node) for node in nodes)


def leaves_within(node):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
        return False
    return leaves(ast.iter_child_nodes(node))


class Replaced(ast.NodeTransformer):
    """Puts expressions in the place of names: `table` gives the text for a name."""

    def __init__(self, table):
        self.table = table

    def visit_Name(self, node):
        if node.id not in self.table:
            return node
        new = expression(self.table[node.id])
        new.ctx = node.ctx
        return new

    def without(self, names):
        return Replaced({name: text for name, text in self.table.items() if name not in names})

    def visit_Lambda(self, node):
        node.body = self.without(arguments(node.args)).visit(node.body)
        return node

    def visit_FunctionDef(self, node):
        bound = arguments(node.args) | set(stored(node.body))
        node.body = [self.without(bound).visit(one) for one in node.body]
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        return node


def replaced(nodes, table):
    return [Replaced(table).visit(one) for one in nodes]
