"""One HL7 v2 message -> FHIR R4 message bundles, one for each patient that it is about."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from processors.envelope import Record
from processors.errors import Reason, Rejection, Warn, Warning
from processors.fhir.systems import CONTROL_IDS
from processors.hl7.message import Delimiters, Message, Segment
from processors.hl7.patients import PatientRef, absorbed, identifiers, no_patient_key
from processors.identity import ChosenIdentifier, IdentityPolicy, Keyring, choose
from processors.lineage import derived_uuid
from processors.mapping import msh_messageheader
from processors.mapping.appointments import appointment
from processors.mapping.assembly import assemble
from processors.mapping.codes import token
from processors.mapping.coverage import count_unmapped
from processors.mapping.evidence import foreign_domains, mark_evidence
from processors.mapping.evn_provenance import provenance
from processors.mapping.groups import Groups, Patient, group
from processors.mapping.linked_patients import LINK, see_also
from processors.mapping.links import once
from processors.mapping.merges import Merge, absorbed_patient, link_survivor, others, source_of
from processors.mapping.names import warn_no_identity
from processors.mapping.overlay import Overlay, run_own_rows
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Draft, Memo, Scope, keep
from processors.mapping.structures import MERGES, Structure, structure_of
from processors.mapping.surroundings import surroundings
from processors.mapping.times import date_time, sent_offset
from processors.mapping.tracing import Trace, traced
from processors.mapping.written import written
from processors.mapping.zones import Zone
from processors.sites import Site

_USUAL = Delimiters()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_CONVERTERS = 64
_MOST_KINDS = 1_000
MSH = CompiledMap(msh_messageheader.MSH)


@dataclass(frozen=True, slots=True)
class PatientBundle:
    """One patient's share of a message.

    `sources`: resource id -> segment; `version_time`: the latest OBR-22, else MSH-7; `large`: content stayed in
    the raw record.
    """

    patient_key: str
    bundle: bytes
    sources: dict[str, str]
    version_time: str
    merge: Merge | None = None
    large: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """What one message became. `occurred_at`: by the site's `event_time`, as FHIR dateTime, "" when unknown."""

    bundles: tuple[PatientBundle, ...]
    warnings: tuple[Warning, ...]
    unmapped: dict[str, int]
    resources: int
    occurred_at: str


def convert(message: Message, site: Site, keyring: Keyring, received_at: int) -> Conversion:
    """Convert a message. `received_at`: microseconds since 1970, used where the message names no time.

    Raises Rejection(unsupported_type, unsupported_event, required_field_missing) and nothing else.
    """
    return _converter(site, keyring).convert(message, received_at)


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of a bundle and where it came from: `resource` as Type/id, `path` inside it, `source` as `PID[1]-5`.

    `value`: as orjson writes it; patient data.
    """

    resource: str
    path: str
    source: str
    value: object = field(default=None, repr=False)


def lineage(message: Message, site: Site, keyring: Keyring) -> tuple[Origin, ...]:
    """Where each value of the bundles came from: the conversion once more with tracing on; values set by rule lack.

    Raises as `convert`.
    """
    trace = Trace()
    converter = Converter(site, keyring, trace)
    converter.convert(traced(message), 0)
    return tuple(
        Origin(f"{resource['resourceType']}/{resource['id']}", path, source, value)
        for draft in converter.drafts
        for resource in draft.resources.values()
        for path, source, value in trace.sources(resource)
    )


class Converter:
    """The conversion for one site and keyring, with what it remembers of their codes, people and places."""

    __slots__ = ("_keyring", "_memo", "_overlay", "_trace", "_zone", "drafts", "site")

    def __init__(self, site: Site, keyring: Keyring, trace: Trace | None = None) -> None:
        self.site = site
        self._keyring = keyring
        self._memo = Memo() if trace is None else Memo.forgetful()
        self._zone = Zone(site.zone)
        self._overlay = Overlay.of_site(site)
        self._trace = trace
        self.drafts: list[Draft] = []

    def fits(self, site: Site, keyring: Keyring) -> bool:
        """Made for this very site and keyring."""
        return self.site is site and self._keyring is keyring

    def convert(self, message: Message, received_at: int) -> Conversion:
        """See the function of the same name."""
        memo = self._memo if message.delimiters == _USUAL or self._trace is not None else Memo()
        kind = message.header.raw(9)
        known = memo.structures.get(kind)
        structure, trigger = known or keep(memo.structures, kind, structure_of(message), _MOST_KINDS)
        self._zone.sent = sent_offset(message.header.text(7))
        scope = Scope(message, self.site, self._keyring, memo, self._zone)
        scope.trace = self._trace
        scope.overlay = self._overlay
        scope.warnings.extend(message.warnings)
        groups = group(message, trigger in structure.specimens_first, trigger in structure.obr_first)
        needed = structure.needs_patient and trigger not in structure.impersonal
        if needed and not any(one.pid for one in groups.patients):
            raise Rejection(Reason.REQUIRED_FIELD_MISSING, "PID", "the message names no patient; send a PID segment")
        if not scope.control_id:
            scope.warn(Warn.CONTROL_ID_MISSING, "no control id; repeats cannot be recognised: send MSH-10", "MSH-10")
        writer = _Bundles(scope, groups, structure, trigger, received_at)
        bundles = writer.write()
        if self._trace is not None:
            self.drafts = writer.drafts
        count_unmapped(message, groups.used, scope)
        return Conversion(
            tuple(bundles), tuple(scope.warnings), scope.unmapped, _count(bundles), _occurred(groups, scope)
        )


_converters: list[Converter] = []


def _converter(site: Site, keyring: Keyring) -> Converter:
    """The converter made before for this site and keyring, or a new one; the oldest goes when there are too many."""
    for known in _converters:
        if known.fits(site, keyring):
            return known
    made = Converter(site, keyring)
    _converters.insert(0, made)
    del _converters[_MOST_CONVERTERS:]
    return made


class _Bundles:
    """Writes the bundles of one message."""

    def __init__(self, scope: Scope, groups: Groups, structure: Structure, trigger: str, received_at: int) -> None:
        self.scope = scope
        self.groups = groups
        self.structure = structure
        self.trigger = trigger
        self.received_at = received_at
        self.foreign = foreign_domains(scope.site.authority)
        self.drafts: list[Draft] = []
        header = scope.message.header
        scope.segment, scope.field = header, 7
        self.sent_at = date_time(header.raw(7), scope) if header.raw(7) else None
        identity = (header.text(3), header.text(4), scope.control_id, header.raw(7))
        self.identity = scope.keyring.fhir_id("Message", scope.site.feed, *identity)

    def write(self) -> list[PatientBundle]:
        """One bundle per patient key, in order of first mention; the absorbed of a merge follow their survivors."""
        by_key: dict[str, list[Patient]] = {}
        for one in self.groups.patients or [Patient()]:
            by_key.setdefault(self._key(one), []).append(one)
        bundles: list[PatientBundle] = []
        for key, groups in by_key.items():
            bundles += self._patient(key, groups)
        return bundles

    def _key(self, group: Patient) -> str:
        scope = self.scope
        if group.pid is not None:
            named = tuple(group.pid.fields[2:5])
            known = scope.memo.keys.get(named)
            if known is not None:
                group.chosen = known[1]
                return known[0]
            chosen = choose(identifiers(group.pid), scope.site.identity)
            if chosen is not None:
                if not chosen.authority_sent:
                    scope.warn(Warn.AUTHORITY_MISSING, _AUTHORITY_TEXT, chosen.path)
                group.chosen = _as_sent(group.pid, chosen, scope.site.identity)
                key = scope.keyring.patient_key(chosen)
                return keep(scope.memo.keys, named, (key, group.chosen))[0] if chosen.authority_sent else key
        if not self._impersonal():
            warn_no_identity(scope, group.pid.path(3) if group.pid is not None else "PID")
        return no_patient_key(scope.site.feed, scope.message.control_id, scope.keyring)

    def _impersonal(self) -> bool:
        """An answer, or an event about a bed: no patient is missed."""
        return self.groups.answer is not None or self.trigger in self.structure.impersonal

    def _patient(self, key: str, groups: list[Patient]) -> list[PatientBundle]:
        scope = self.scope
        scope.bundle = draft = Draft(key)
        scope.large = False
        header = self._header()
        surroundings(self.groups, header, scope)
        focus: list[Record] = []
        for one in groups:
            focus += self._group(one, groups, header)
        merged = self._absorbed(groups, key)
        if merged:
            link_survivor(merged, scope)
            for ref in merged:
                draft.add(absorbed_patient(ref, key, scope), source_of(ref.segment))
        if focus:
            header["focus"] = once(focus)
        run_own_rows([one.pid for one in groups], scope)
        first = self._close(draft, Merge("survivor", merged[0].key) if merged else None)
        return [first, *(self._absorbed_bundle(ref, key) for ref in merged)]

    def _group(self, one: Patient, together: list[Patient], header: Record) -> list[Record]:
        """What one patient group says; gives what the message is about."""
        scope = self.scope
        links = assemble(one, self.trigger, self.structure, scope)
        for schedule in self.groups.schedules:
            appointment(schedule, self.trigger, links, scope)
        if self.groups.event is not None:
            provenance(self.groups.event, header, links, scope)
        if self.trigger == LINK:
            see_also([other for other in self.groups.patients if other not in together], links, scope)
        return links.focus or links.about()

    def _absorbed(self, groups: list[Patient], key: str) -> list[PatientRef]:
        if self.trigger not in MERGES:
            return []
        merged = [mrg for one in groups for mrg in one.merged]
        scope = self.scope
        refs = absorbed(scope.message, scope.site, scope.keyring)
        refs = [ref for ref in refs if any(ref.segment is mrg for mrg in merged)]
        return others(merged, refs, key, scope)

    def _absorbed_bundle(self, ref: PatientRef, survivor_key: str) -> PatientBundle:
        scope = self.scope
        scope.bundle = draft = Draft(ref.key)
        scope.large = False
        header = self._header()
        surroundings(self.groups, header, scope)
        header["focus"] = [draft.add(absorbed_patient(ref, survivor_key, scope), source_of(ref.segment))]
        return self._close(draft, Merge("absorbed", survivor_key))

    def _header(self) -> Record:
        scope = self.scope
        identity = derived_uuid(self.identity, "MessageHeader", scope.bundle.patient_key)
        resource: Record = {"resourceType": "MessageHeader", "id": identity}
        scope.bundle.add(resource, "MSH[1]")
        fields = scope.message.header.fields
        same = "\r".join((*fields[3:7], *fields[8:10], *fields[11:13], *fields[14:]))
        known = scope.memo.headers.get(same)
        if known is None:
            remarks = scope.remarks
            MSH(scope.message.header, resource, scope)
            msh_messageheader.finish(resource, scope)
            content = {k: v for k, v in resource.items() if k not in ("resourceType", "id")}
            parties = [one for i, one in scope.bundle.resources.items() if i != identity]
            if remarks == scope.remarks:
                keep(scope.memo.headers, same, (content, parties))
            return resource
        resource.update(known[0])
        for one in known[1]:
            scope.bundle.put(one, "MSH[1]")
        return resource

    def _close(self, draft: Draft, merge: Merge | None) -> PatientBundle:
        scope = self.scope
        if scope.trace is not None:
            self._trace_frame(draft, scope.trace)
            self.drafts.append(draft)
            return PatientBundle(draft.patient_key, b"", draft.sources, "", merge)
        if self.foreign:
            mark_evidence(draft, self.foreign)
        version = _version_time(draft, self.sent_at, self.received_at)
        return PatientBundle(draft.patient_key, self._bytes(draft), draft.sources, version, merge, scope.large)

    def _trace_frame(self, draft: Draft, trace: Trace) -> None:
        """The bundle's own fields beside its resources."""
        bundle, header = self._frame(draft), self.scope.message.header
        for name, n in (("identifier", 10), ("timestamp", 7)):
            if name in bundle:
                bundle[name] = trace.mark(bundle[name], header.raw(n))
        draft.resources[bundle["id"]] = bundle

    def _frame(self, draft: Draft) -> Record:
        scope = self.scope
        bundle: Record = {
            "resourceType": "Bundle",
            "id": derived_uuid(self.identity, "Bundle", draft.patient_key),
            "type": "message",
        }
        if scope.control_id:
            bundle["identifier"] = {"system": CONTROL_IDS + token(scope.site.feed), "value": scope.control_id}
        if self.sent_at and len(self.sent_at) > 10:
            bundle["timestamp"] = self.sent_at
        return bundle

    def _bytes(self, draft: Draft) -> bytes:
        bundle = self._frame(draft)
        bundle["entry"] = [{"fullUrl": "urn:uuid:" + i, "resource": r} for i, r in draft.resources.items()]
        return written(bundle, self.scope)


def _as_sent(pid: Segment, chosen: ChosenIdentifier, policy: IdentityPolicy) -> str:
    """The chosen identifier before the site's policy changed its zeros or check digit."""
    if policy.leading_zeros == "keep" and policy.check_digit == "keep":
        return chosen.value
    sent = [one for one in identifiers(pid) if one.path == chosen.path]
    return sent[0].value if sent else chosen.value


_AUTHORITY_TEXT = (
    "identifier without assigning authority; the site's default is taken: set `identity.default_authority`"
)


def _version_time(draft: Draft, sent_at: str | None, received_at: int) -> str:
    issued = [r["issued"] for r in draft.resources.values() if "issued" in r]
    if len(issued) > 1:
        return str(max(issued, key=datetime.fromisoformat))
    if issued:
        return str(issued[0])
    return sent_at or (_EPOCH + timedelta(microseconds=received_at)).isoformat()


def _occurred(groups: Groups, scope: Scope) -> str:
    header = scope.message.header
    places: list[tuple[Segment | None, int]] = [(groups.event, 6), (groups.event, 2), (header, 7)]
    if scope.overlay is not None:
        places = scope.overlay.event_time(scope.message) or places
    for segment, n in places:
        if segment is not None and segment.raw(n):
            scope.segment, scope.field = segment, n
            value = date_time(segment.raw(n), scope)
            if value:
                return value
    return ""


def _count(bundles: list[PatientBundle]) -> int:
    return sum(len(one.sources) for one in bundles)
