"""Plants one defect at a time in a copy of the tree and demands that the named test turns red (`make sabotage`).

Each defect is one replacement of text. A text that is not found, or a test that stays green, fails the run.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
COPIED = ("processors", "streams", "board", "tests", "rules", "sites", "schemas", "topics.yaml", "pyproject.toml")


@dataclass(frozen=True)
class Defect:
    """What is planted where, and the test that must see it."""

    name: str
    file: str
    old: str
    new: str
    test: str


def run_test(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    """The test in that tree; integration and slow ones too."""
    argv = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", "-m", "", test]
    return subprocess.run(
        argv, cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=600, check=False
    )


@cache
def run_unharmed(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    """The same in the tree without any defect; once, however many defects name the test."""
    return run_test(folder, test)


def _environment(folder: Path) -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def plant(defect: Defect, folder: Path) -> bool:
    """True when the named test is green without the defect and red with it."""
    target = folder / defect.file
    whole = target.read_text()
    if whole.count(defect.old) != 1:
        print(f"STALE  {defect.name}: the text to replace stands {whole.count(defect.old)} times in {defect.file}")
        return False
    clean = run_unharmed(folder, defect.test)
    target.write_text(whole.replace(defect.old, defect.new))
    planted = run_test(folder, defect.test)
    target.write_text(whole)
    if clean.returncode != 0:
        print(f"BROKEN {defect.name}: {defect.test} is red without the defect\n{clean.stdout[-1500:]}")
        return False
    seen = planted.returncode == 1
    print(f"{'red' if seen else 'MISSED'}    {defect.name}: {defect.test}", flush=True)
    return seen


def main() -> None:
    from defects import DEFECTS

    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in COPIED:
            source = HOME / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        results = [plant(d, folder) for d in DEFECTS if not wanted or d.name in wanted]
    print(f"{sum(results)} of {len(results)} defects were seen")
    raise SystemExit(0 if all(results) and results else 1)


if __name__ == "__main__":
    main()
