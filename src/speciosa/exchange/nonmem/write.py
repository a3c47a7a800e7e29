"""Writing a data set of NONMEM."""

import math

from speciosa.exchange.nonmem.data import NonmemData


def nonmem_text(data: NonmemData) -> str:
    r"""A data set as text, with the columns that were read: what is read from it is the same to the last bit.

    Times of the clock and dates are written as hours from the first record.

    Example:
        >>> import tempfile, pathlib
        >>> from speciosa.exchange import read_nonmem
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "trial.csv"
        >>> _ = file.write_text("ID TIME AMT DV\n1 0 100 .\n1 1 . 0.1\n")
        >>> nonmem_text(read_nonmem(file))
        'ID,TIME,AMT,DV\n1,0,100,.\n1,1,.,0.1\n'
    """
    names = list(data.columns)
    rows = zip(*(data.columns[name] for name in names), strict=True)
    lines = [",".join(names), *(",".join(map(_number, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    if math.isnan(value):
        return "."
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
