"""Translating statements to LLVM: assignments, branches, loops, results; see `native`."""

import ast

from llvmlite import ir

from speciosa.engine.compiler.built_in import vector_range
from speciosa.engine.compiler.expression import Expressions
from speciosa.engine.compiler.types import I64, INT, Kind, Pack, Record, Scalar, parts
from speciosa.engine.compiler.value import Known, Value, promoted


class AgainError(Exception):
    """A variable or a result needs a wider kind than was thought: the function is written anew."""


class Statements(Expressions):
    """Writing statements; who inherits knows the function and its variables."""

    entry: ir.Block
    function: ir.Function
    loops: list[tuple[ir.Block, ir.Block]]
    result: list[Kind | None]
    tree: ast.FunctionDef
    wider: dict[str, Kind]

    def mark_vector(self, branch: ir.Instruction, body: list[ir.Block]) -> None:
        """Marks the loop that a branch closes as one whose turns may be done in any order."""
        raise NotImplementedError

    def assign(self, name: str, value: Value) -> None:
        """Sets a variable; its kind becomes the widest of all that it is given."""
        wanted = promoted(value.kind, self.wider.get(name, value.kind))
        if wanted is None:
            raise TypeError(f"{self.tree.name}: {name} is given values of different kinds")
        if name in self.slots and self.slots[name][0] != wanted:
            self.wider[name] = wanted
            raise AgainError
        self.wider[name] = wanted
        if name not in self.slots:
            top = ir.IRBuilder(self.entry)
            self.slots[name] = (wanted, [top.alloca(part) for part in parts(wanted)])
        for slot, part in zip(self.slots[name][1], self.cast(value, wanted).parts, strict=True):
            self.b.store(part, slot)

    def block(self, statements: list[ast.stmt]) -> None:
        """Writes statements until one that leaves."""
        for statement in statements:
            if self.b.block.is_terminated:
                return
            method = getattr(self, f"do_{type(statement).__name__}", None)
            if method is None:
                self.fail(statement, "this statement cannot be compiled")
            method(statement)

    def do_Pass(self, node: ast.Pass) -> None:  # noqa: D102, N802
        pass

    def do_Expr(self, node: ast.Expr) -> None:  # noqa: D102, N802
        if not isinstance(node.value, ast.Constant):
            self.call(node.value)

    def do_Assign(self, node: ast.Assign) -> None:  # noqa: D102, N802
        for target in node.targets:
            if not isinstance(target, ast.Tuple):
                self._store(target, self.value(node.value))
                continue
            values = self._several(node.value)
            for part, value in zip(target.elts, values, strict=True):
                self._store(part, value)

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: D102, N802
        if node.value is not None:
            self._store(node.target, self.value(node.value))

    def do_AugAssign(self, node: ast.AugAssign) -> None:  # noqa: D102, N802
        if isinstance(node.target, ast.Name):
            now = self.value(ast.Name(node.target.id, ast.Load()))
            self.assign(node.target.id, self.operate(node, node.op, now, self.value(node.value)))
            return
        if not isinstance(node.target, ast.Subscript):
            self.fail(node, "this target cannot be compiled")
        kind, place = self.place(node.target)
        now = self.load(kind, place)
        self.put(kind, place, self.operate(node, node.op, now, self.value(node.value)))

    def do_Return(self, node: ast.Return) -> None:  # noqa: D102, N802
        if node.value is None:
            self.b.ret_void()
            return
        if isinstance(node.value, ast.Tuple):
            several = self._several(node.value)
            value = Value(
                Pack(tuple(v.kind for v in several)), [p for v in several for p in v.parts]
            )
        else:
            value = self.value(node.value)
        wanted = promoted(value.kind, self.result[0] if self.result[0] is not None else value.kind)
        if wanted is None:
            self.fail(node, "results of different kinds")
        if wanted != self.result[0]:
            self.result[0] = wanted
            raise AgainError
        cast = self.cast(value, wanted)
        if isinstance(wanted, Scalar):
            self.b.ret(cast.parts[0])
            return
        packed: ir.Value = ir.Constant(result_type(wanted), ir.Undefined)
        for i, part in enumerate(cast.parts):
            packed = self.b.insert_value(packed, part, i)
        self.b.ret(packed)

    def do_If(self, node: ast.If) -> None:  # noqa: D102, N802
        then, otherwise = self._new("then"), self._new("else")
        after = self._new("after")
        self.b.cbranch(self.truth(self.value(node.test)), then, otherwise)
        for block, body in ((then, node.body), (otherwise, node.orelse)):
            self.b.position_at_end(block)
            self.block(body)
            if not self.b.block.is_terminated:
                self.b.branch(after)
        self.b.position_at_end(after)
        if not _reached(self.function, after):
            self.b.unreachable()

    def do_While(self, node: ast.While) -> None:  # noqa: D102, N802
        head, body, after = self._new("head"), self._new("body"), self._new("after")
        self.b.branch(head)
        self.b.position_at_end(head)
        self.b.cbranch(self.truth(self.value(node.test)), body, after)
        self._body(node.body, body, head, after)
        self.b.position_at_end(after)

    def do_For(self, node: ast.For) -> None:  # noqa: D102, N802
        loop = node.iter
        if isinstance(loop, ast.Tuple):
            # one after another: there are few
            for part in loop.elts:
                self._store(node.target, self.value(part))
                self.block(node.body)
            return
        if not (isinstance(loop, ast.Call) and isinstance(node.target, ast.Name)):
            self.fail(loop, "only loops over a range are compiled")
        called = self.find(loop.func)
        kind = called.object if isinstance(called, Known) else None
        if kind not in (range, vector_range):
            self.fail(loop, "only loops over a range are compiled")
        bounds = [self.integer(argument) for argument in loop.args]
        begin = bounds[0] if len(bounds) > 1 else ir.Constant(I64, 0)
        end = bounds[0] if len(bounds) == 1 else bounds[1]
        step = bounds[2] if len(bounds) > 2 else ir.Constant(I64, 1)
        if not isinstance(step, ir.Constant):
            self.fail(loop, "the step of a range must be written as a number")
        counter = ir.IRBuilder(self.entry).alloca(I64)
        self.b.store(begin, counter)
        head, body = self._new("head"), self._new("body")
        following, after = self._new("next"), self._new("after")
        known = len(self.function.blocks)
        self.b.branch(head)
        self.b.position_at_end(head)
        now = self.b.load(counter)
        sign = "<" if int(step.constant) > 0 else ">"
        self.b.cbranch(self.b.icmp_signed(sign, now, end), body, after)
        self.b.position_at_end(body)
        self.assign(node.target.id, Value(INT, [now]))
        self._body(node.body, body, following, after)
        self.b.position_at_end(following)
        self.b.store(self.b.add(self.b.load(counter), step, flags=("nsw",)), counter)
        back = self.b.branch(head)
        if kind is vector_range:
            within = [body, following, *self.function.blocks[known:]]
            self.mark_vector(back, within)
        self.b.position_at_end(after)

    def do_Break(self, node: ast.Break) -> None:  # noqa: D102, N802
        self.b.branch(self.loops[-1][1])

    def do_Continue(self, node: ast.Continue) -> None:  # noqa: D102, N802
        self.b.branch(self.loops[-1][0])

    def _body(
        self, body: list[ast.stmt], block: ir.Block, following: ir.Block, after: ir.Block
    ) -> None:
        self.loops.append((following, after))
        self.b.position_at_end(block)
        self.block(body)
        if not self.b.block.is_terminated:
            self.b.branch(following)
        self.loops.pop()

    def _store(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.assign(target.id, value)
        elif isinstance(target, ast.Subscript):
            kind, place = self.place(target)
            self.put(kind, place, value)
        else:
            self.fail(target, "this target cannot be compiled")

    def _several(self, node: ast.expr) -> list[Value]:
        if isinstance(node, ast.Tuple):
            return [self.value(part) for part in node.elts]
        packed = self.value(node)
        if not isinstance(packed.kind, Pack | Record):
            self.fail(node, "not several values")
        return packed.unpacked()

    def _new(self, name: str) -> ir.Block:
        return self.function.append_basic_block(name)


def result_type(kind: Kind) -> ir.Type:
    """What a function gives back for a result of a kind."""
    if isinstance(kind, Scalar):
        return kind.type
    return ir.LiteralStructType(parts(kind))


def _reached(function: ir.Function, block: ir.Block) -> bool:
    return any(
        block in getattr(other.terminator, "operands", ())
        for other in function.blocks
        if other.is_terminated
    )
