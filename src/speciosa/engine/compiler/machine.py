"""Compiling a module for this processor with the LLVM that comes with Numba, and loading the result."""

import hashlib
from functools import lru_cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from speciosa.engine.compiler.processor import processor as processor

modules_compiled = 0
"""How many modules this process has compiled, rather than found in the cache."""


@lru_cache(maxsize=1)
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@lru_cache(maxsize=1)
def signature() -> str:
    """What compiled code depends on beside its source."""
    host = processor()
    text = f"{llvmlite.__version__} {llvm.llvm_version_info} {host.name} {host.features}"
    return hashlib.sha256(text.encode()).hexdigest()


def target_machine() -> Any:
    """LLVM's description of this machine, for optimised code."""
    _initialise()
    host = processor()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=host.name, features=host.features, opt=3, reloc="pic", codemodel="small", jit=True
    )


def optimised(text: str, *, unrolled: bool = True) -> tuple[Any, Any]:
    """The module after LLVM's passes, with its target machine.

    Args:
        text: the module, with the attributes of its functions.
        unrolled: whether loops may be written out.
    """
    machine = target_machine()
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = False
    options.slp_vectorization = False
    options.loop_unrolling = unrolled
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module, machine


def object_code(text: str, *, unrolled: bool = True) -> bytes:
    """Machine code of a module, with the arguments of `optimised`."""
    module, machine = optimised(text, unrolled=unrolled)
    code: bytes = machine.emit_object(module)
    global modules_compiled
    modules_compiled += 1
    return code


def compile_object(text: str) -> bytes:
    """Machine code of the kernel of a model."""
    return object_code(_with_attributes(text))


def assembly(text: str) -> str:
    """The kernel of a model in assembly language, to read."""
    module, machine = optimised(_with_attributes(text))
    code: str = machine.emit_assembly(module)
    return code


def _with_attributes(text: str) -> str:
    """Lets LLVM keep eight doubles in one register where the processor has such registers."""
    if processor().width < 8:
        return text
    marked = text.replace('noalias %".1")\n{', 'noalias %".1") #0\n{')
    return marked + (
        '\nattributes #0 = { "stackrealign" "min-legal-vector-width"="512" "prefer-vector-width"="512" }\n'
    )


class Loaded:
    """Compiled code in memory. It must stay alive while its addresses are used."""

    def __init__(self, code: bytes) -> None:
        _initialise()
        empty = llvm.parse_assembly("")
        self._engine = llvm.create_mcjit_compiler(empty, target_machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))
