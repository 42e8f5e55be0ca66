"""floor.py - the figures that meowerd must not fall below: a file of row and percentage, in the project."""

import json
import pathlib

FALL_MAX = 2.0  # points that a row may lose


def write(path, shares):
    """shares: by row, in percent."""
    rounded = {row: round(share, 1) for row, share in shares.items()}
    pathlib.Path(path).write_text(json.dumps(rounded, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def fallen(path, shares):
    """A line for each row that has lost too much, or is there no more."""
    lines = []
    for row, least in json.loads(pathlib.Path(path).read_text(encoding="utf-8")).items():
        if row not in shares:
            lines.append(f"{row}: not measured, {least:.1f} are expected")
        elif shares[row] < least - FALL_MAX:
            lines.append(f"{row}: {shares[row]:.1f}, and {least:.1f} before")
    return lines
