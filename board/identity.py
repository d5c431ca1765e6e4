"""Who is looking: the one seam for sign-in. Until it comes, the board serves loopback only and knows one local user."""

from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class User:
    """A person as the audit names them."""

    id: str
    role: str


LOCAL = User("local", "")


def user_of(_request: Request) -> User:
    """The person behind a request."""
    return LOCAL
