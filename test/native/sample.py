"""A file with every kind of statement, for the comparison of two builds of one grammar. 😀"""
from __future__ import annotations

import os as système
from . import sibling
from ..package.module import (first, second as deux)


@decorator.with_call("é", key=[1, 2])
class Model(Base, metaclass=Meta):
    width: int = 0x1F
    names = {"a": 1_000, **others, "b": 1e-3}

    async def run(self, x, /, *args: int, flag: bool = True, **rest) -> list[dict[str, int]]:
        async with open_it(x) as f, other(): await f.read()
        async for item in stream(x):
            yield item
        try:
            value = x[1:2, ...] if x is not None and not flag else (y := f"{x!r:>{self.width}} {{}}")
        except (ValueError, TypeError) as error:
            raise RuntimeError from error
        except* Group:
            pass
        else:
            return [i ** 2 for i in range(3) if i % 2 for j in {1, 2}]
        finally:
            del self.names["a"], value


match command:
    case {"k": [first, *others]} | Point(x=0, y=y) if y > 1:
        print(b"bytes", r"raw\d", u'''three
lines''', sep="")
    case _:
        ...

while True:
    x @= lambda *a, k=1: a
    if x <= 3 != 4: break
    elif x: continue
    else: global z

for a, (b, *c) in zip(d, \
                      e):
    assert a, "message"

# Half-typed from here.
broken = f(a,, b)
def missing(:
    return {
print "old", x
call(
