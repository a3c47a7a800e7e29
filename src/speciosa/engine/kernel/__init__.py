"""From equations to one step: statements in LLVM vectors, eight patients to a register, and the methods that step."""
