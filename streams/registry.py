"""A small client of the schema registry (Confluent-compatible API): register, look up, compare, fetch by id."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from processors.envelope import Record

#: Readers of any age understand records of any age: fields may be added or removed only with defaults.
COMPATIBILITY = "FULL_TRANSITIVE"
_MEDIA = "application/vnd.schemaregistry.v1+json"
_NOT_FOUND, _CONFLICT = 404, 409


class RegistryError(Exception):
    """The registry answered, but not with what was asked for."""


class RegistryUnreachable(RegistryError):
    """No answer from the registry within the timeout."""


class NotAnAddress(RegistryError):
    """The registry's address cannot be one."""


class Incompatible(RegistryError):
    """The registry refused a schema because older readers or records could not follow."""


def subject_of(topic: str) -> str:
    """The subject under which a topic's schema is registered."""
    return f"{topic}-value"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Record


class Registry:
    """Speaks to one registry. Every call opens its own connection, so one instance serves all threads."""

    def __init__(self, url: str, timeout_s: float = 5.0) -> None:
        """`url`: the API's base, e.g. http://127.0.0.1:8080/apis/ccompat/v7."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotAnAddress(f"not an address of a registry: '{url}' (http://host:port/path is needed)")
        self.url = url.rstrip("/")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        self._path = parts.path.rstrip("/")
        self._timeout_s = timeout_s

    def configure(self) -> None:
        """Make FULL_TRANSITIVE the registry's global rule. Raises RegistryError when it does not stay so."""
        self._require("PUT", "/config", {"compatibility": COMPATIBILITY})
        rule = self.compatibility()
        if rule != COMPATIBILITY:
            raise RegistryError(f"{self.url}: the global rule is {rule}, {COMPATIBILITY} is needed")

    def compatibility(self) -> str:
        """The registry's global rule."""
        body = self._require("GET", "/config")
        return str(body.get("compatibilityLevel") or body.get("compatibility") or "NONE")

    def register(self, subject: str, text: str) -> int:
        """The id of this schema under the subject, registered when new. Raises Incompatible."""
        self._require("PUT", f"/config/{quote(subject)}", {"compatibility": COMPATIBILITY})
        answer = self._ask("POST", f"/subjects/{quote(subject)}/versions", {"schema": text})
        if answer.status == _CONFLICT:
            raise Incompatible(f"{subject}: {_message(answer)}")
        return int(self._accepted(answer, subject)["id"])

    def lookup(self, subject: str, text: str) -> int | None:
        """The id of exactly this schema under the subject, or None."""
        answer = self._ask("POST", f"/subjects/{quote(subject)}", {"schema": text})
        return None if answer.status == _NOT_FOUND else int(self._accepted(answer, subject)["id"])

    def versions(self, subject: str) -> list[str]:
        """The texts of all registered versions, oldest first; empty for an unknown subject."""
        answer = self._ask("GET", f"/subjects/{quote(subject)}/versions")
        if answer.status == _NOT_FOUND:
            return []
        numbers = self._accepted(answer, subject)["items"]
        base = f"/subjects/{quote(subject)}/versions"
        return [str(self._require("GET", f"{base}/{number}")["schema"]) for number in numbers]

    def is_compatible(self, subject: str, text: str) -> bool:
        """Whether the registry would take this schema as the next version; True for an unknown subject."""
        path = f"/compatibility/subjects/{quote(subject)}/versions"
        answer = self._ask("POST", path, {"schema": text})
        if answer.status == _NOT_FOUND:
            return True
        return bool(self._accepted(answer, subject).get("is_compatible"))

    def schema(self, number: int) -> str | None:
        """The text of the schema with this id, or None."""
        answer = self._ask("GET", f"/schemas/ids/{number}")
        return None if answer.status == _NOT_FOUND else str(self._accepted(answer, str(number))["schema"])

    def _require(self, method: str, path: str, body: Record | None = None) -> Record:
        return self._accepted(self._ask(method, path, body), path)

    def _accepted(self, answer: _Answer, place: str) -> Record:
        if answer.status >= http.client.BAD_REQUEST:
            raise RegistryError(f"{self.url}: {place}: {answer.status} {_message(answer)}")
        return answer.body

    def _ask(self, method: str, path: str, body: Record | None = None) -> _Answer:
        """One request, repeated once when no answer comes: a registry that has just started may drop its first one.

        Every request may be repeated: registering the same text again gives the same id.
        """
        try:
            return self._ask_once(method, path, body)
        except RegistryUnreachable:
            return self._ask_once(method, path, body)

    def _ask_once(self, method: str, path: str, body: Record | None) -> _Answer:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, self._path + path, payload, {"Content-Type": _MEDIA, "Accept": _MEDIA})
            response = connection.getresponse()
            return _Answer(response.status, _parsed(response.read()))
        except (OSError, http.client.HTTPException) as why:
            waited = f"no answer within {self._timeout_s:g} s ({type(why).__name__})"
            raise RegistryUnreachable(f"{self.url}: {waited}") from why
        finally:
            connection.close()


def _parsed(text: bytes) -> Record:
    """The answer's JSON as a mapping; a list stands under "items"."""
    try:
        value = json.loads(text or b"{}")
    except ValueError:
        return {"message": "the answer is not JSON; is this the address of the Confluent-compatible API?"}
    return value if isinstance(value, dict) else {"items": value}


def _message(answer: _Answer) -> str:
    return str(answer.body.get("message", ""))
