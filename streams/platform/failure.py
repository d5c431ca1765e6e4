"""The one error of the platform part: what failed, where, why, how to mend it, and the exit code that stands for it."""


class PlatformError(Exception):
    """Raised by everything in streams/platform. `code` is a process exit code (1 failed, 3 configuration, 4, 5)."""

    def __init__(self, what: str, *, code: int = 1, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__("; ".join(part for part in (what, where, why, fix) if part))
        self.what = what
        self.code = code
        self.where = where
        self.why = why
        self.fix = fix
