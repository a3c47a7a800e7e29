"""Translating functions to LLVM, each once for each combination of kinds; see `native`."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any, NoReturn

from llvmlite import ir

from speciosa.engine.compiler.statement import AgainError, Statements, result_type
from speciosa.engine.compiler.types import Kind, Scalar, parts
from speciosa.engine.compiler.value import Value

VECTOR_MARK, ACCESS_MARK = "speciosa vector loop", "speciosa turns"


class Writer:
    """A module being written: each function once for each combination of kinds."""

    def __init__(self) -> None:
        self.module = ir.Module(name="speciosa")
        self._vector_loops = 0
        self._written: dict[tuple[Any, tuple[Kind, ...]], tuple[ir.Function, Kind | None]] = {}

    def function(
        self, source: Callable[..., Any], kinds: tuple[Kind, ...]
    ) -> tuple[ir.Function, Kind | None]:
        """The LLVM function for arguments of these kinds, and the kind of its result."""
        key = (source, kinds)
        if key not in self._written:
            variables: dict[str, Kind] = {}
            result: list[Kind | None] = [None]
            while True:
                try:
                    written = _Function(self, source, kinds, variables, result).write()
                    break
                except AgainError:
                    continue
            self._written[key] = (written, result[0])
        return self._written[key]

    def mark_vector(self, branch: ir.Instruction, body: list[ir.Block]) -> None:
        """Marks the loop that a branch closes, and what its turns read and write, for `vector_loops`."""
        self._vector_loops += 1
        group = self.module.add_metadata([f"{ACCESS_MARK} {self._vector_loops}"])
        mark = self.module.add_metadata([f"{VECTOR_MARK} {self._vector_loops}", group])
        branch.set_metadata("llvm.loop", mark)
        for block in body:
            for instruction in block.instructions:
                if instruction.opname in ("load", "store", "call"):
                    instruction.set_metadata("llvm.access.group", group)

    def entry(self, name: str, source: Callable[..., Any], kinds: tuple[Kind, ...]) -> Kind | None:
        """Writes a function that can be called from outside; returns the kind of its result."""
        inner, result = self.function(source, kinds)
        outer = ir.Function(self.module, inner.function_type, name)
        builder = ir.IRBuilder(outer.append_basic_block())
        value = builder.call(inner, outer.args)
        if result is None:
            builder.ret_void()
        else:
            builder.ret(value)
        return result


class _Function(Statements):
    """One function being written."""

    def __init__(
        self,
        writer: Writer,
        source: Callable[..., Any],
        kinds: tuple[Kind, ...],
        variables: dict[str, Kind],
        result: list[Kind | None],
    ) -> None:
        self.writer, self.kinds, self.result = writer, kinds, result
        self.source = source
        self.names = _names_around(source)
        tree = ast.parse(textwrap.dedent(inspect.getsource(source))).body[0]
        assert isinstance(tree, ast.FunctionDef)
        self.tree = tree
        self.wider = variables
        self.slots: dict[str, tuple[Kind, list[ir.Value]]] = {}
        self.fixed: dict[str, Value] = {}
        self.loops: list[tuple[ir.Block, ir.Block]] = []
        types = [part for kind in kinds for part in parts(kind)]
        returned = result[0]
        kind = ir.FunctionType(ir.VoidType() if returned is None else result_type(returned), types)
        self.function = ir.Function(writer.module, kind, writer.module.get_unique_name(tree.name))
        self.function.linkage = "internal"
        self.entry = self.function.append_basic_block("entry")
        self.b = ir.IRBuilder(self.function.append_basic_block("body"))

    def write(self) -> ir.Function:
        """Writes the body."""
        arguments = [argument.arg for argument in self.tree.args.args]
        if len(arguments) != len(self.kinds):
            raise TypeError(
                f"{self.tree.name} takes {len(arguments)} arguments, got {len(self.kinds)}"
            )
        incoming = iter(self.function.args)
        try:
            changed = _assigned(self.tree)
            for name, kind in zip(arguments, self.kinds, strict=True):
                value = Value(kind, [next(incoming) for _ in parts(kind)])
                if name in changed:
                    self.assign(name, value)
                else:
                    self.fixed[name] = value
            self.block(self.tree.body)
        except AgainError:
            self.writer.module.globals.pop(self.function.name)
            raise
        if not self.b.block.is_terminated:
            if self.result[0] is None:
                self.b.ret_void()
            else:
                self.b.unreachable()
        ir.IRBuilder(self.entry).branch(self.function.blocks[1])
        return self.function

    def fail(self, node: ast.AST, why: str) -> NoReturn:
        """Refuses what cannot be compiled."""
        line = getattr(node, "lineno", 0) + self.source.__code__.co_firstlineno - 1
        raise TypeError(f"{self.tree.name}, line {line}: {why}: {ast.unparse(node)}")

    def mark_vector(self, branch: ir.Instruction, body: list[ir.Block]) -> None:
        """Marks the loop that a branch closes as one whose turns may be done in any order."""
        self.writer.mark_vector(branch, body)

    def call_function(self, source: Callable[..., Any], arguments: list[Value]) -> Value | None:
        """Calls another function."""
        function, result = self.writer.function(source, tuple(a.kind for a in arguments))
        value = self.b.call(function, [part for a in arguments for part in a.parts])
        if result is None:
            return None
        if isinstance(result, Scalar):
            return Value(result, [value])
        return Value(result, [self.b.extract_value(value, i) for i in range(len(parts(result)))])


def _assigned(tree: ast.FunctionDef) -> set[str]:
    """Names that a function assigns to."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _names_around(source: Callable[..., Any]) -> dict[str, Any]:
    assert isinstance(source, FunctionType)
    names = dict(source.__globals__)
    for name, cell in zip(source.__code__.co_freevars, source.__closure__ or (), strict=True):
        names[name] = cell.cell_contents
    return names


def vector_loops(text: str) -> str:
    """A module's text with its marked loops made vector loops: LLVM may do their turns in any order."""
    wish = len(re.findall(r"(?m)^!\d+ = ", text))
    more = [f'!{wish} = !{{ !"llvm.loop.vectorize.enable", i1 true }}']

    def loop(found: re.Match[str]) -> str:
        own, group = found.groups()
        more.append(f'!{wish + len(more)} = !{{ !"llvm.loop.parallel_accesses", !{group} }}')
        return f"!{own} = distinct !{{ !{own}, !{wish}, !{wish + len(more) - 1} }}"

    marked = re.sub(rf'(?m)^!(\d+) = !{{ !"{VECTOR_MARK} \d+", !(\d+) }}$', loop, text)
    marked = re.sub(rf'(?m)^!(\d+) = !{{ !"{ACCESS_MARK} \d+" }}$', r"!\1 = distinct !{ }", marked)
    return "\n".join([marked, *more, ""])
